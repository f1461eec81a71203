"""A site's database, certificates and configuration in one file, and back."""
