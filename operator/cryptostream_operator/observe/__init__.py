"""Everything that is read: what the watches bring, Secrets, served kinds, the parts' own pages."""
