"""The container image: `make test-image` builds it and runs these tests."""
