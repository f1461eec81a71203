"""The environment `sage`, on the running product."""
