"""What runs on an environment's own interpreter: zygote, init, sandbox, the session itself.

Needs only the standard library, IPython and protobuf there. No part of it may
import ssl, an asyncio server, the configuration or a database: it holds no secret.
"""
