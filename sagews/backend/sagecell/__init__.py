"""What pages and programs find here that were made for SageMathCell: its routes, its messages, its answers."""
