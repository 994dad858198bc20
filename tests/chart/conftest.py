"""The chart as Helm renders it. Nothing here needs a cluster; everything needs Helm."""
