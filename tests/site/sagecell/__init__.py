"""What pages and programs made for SageMathCell find here."""
