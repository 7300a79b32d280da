"""Anthropic's own SDK for Python: only the base URL and the key are the gateway's, and any vendor's model answers.

Run: pip install anthropic && python3 examples/anthropic_sdk.py
"""

import os

from anthropic import Anthropic

# This SDK adds /v1 by itself.
client = Anthropic(
    base_url=os.environ.get("TOLLGATE_URL", "http://localhost:8787/v1").removesuffix("/v1"),
    api_key=os.environ.get("TOLLGATE_KEY", "test-key-123"),
)
messages = [{"role": "user", "content": "Hello AI!"}]

answer = client.messages.create(model="openai/gpt-4o-mini", max_tokens=1000, messages=messages)
print("".join(block.text for block in answer.content if block.type == "text"))
# The gateway's own field beside Anthropic's: what the answer cost, in USD.
print(f"cost: {answer.usage.cost} USD")

with client.messages.stream(model="anthropic/claude-haiku-5-5", max_tokens=1000, messages=messages) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
print()
