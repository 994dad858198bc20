"""What the chart is made of besides templates: its schema, its README and the operator's rights."""
