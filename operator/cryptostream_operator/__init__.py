"""The Kubernetes operator: turns a CryptoStream into topics, producers and a Spark application, and keeps them true."""
