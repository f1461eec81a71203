"""All machines of a site: the same orders given to each, here or over SSH, and what they say."""
