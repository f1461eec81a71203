"""SageMathCell's interfaces, without a network."""
