"""The languages of pages: whose choice it is, and what the server says in each."""
