"""Pure decisions: from a CryptoStream and what was observed to what is to be done and what its status is."""
