"""OpenAI's own SDK for Python: only the base URL and the key are the gateway's.

Run: pip install openai && python3 examples/openai_sdk.py
"""

import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("TOLLGATE_URL", "http://localhost:8787/v1"),
    api_key=os.environ.get("TOLLGATE_KEY", "test-key-123"),
)
messages = [{"role": "user", "content": "Hello AI!"}]

answer = client.chat.completions.create(model="openai/gpt-4o-mini", messages=messages)
print(answer.choices[0].message.content)
# The gateway's own field beside OpenAI's: what the answer cost, in USD.
print(f"cost: {answer.usage.cost} USD")

stream = client.chat.completions.create(model="anthropic/claude-haiku-5-5", messages=messages, stream=True)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
