"""Serves TensorZero's gateway, which its package carries, on a loopback port, and says where. Takes its settings' file."""

import sys
import threading

from openai import OpenAI
from tensorzero import patch_openai_client

client = patch_openai_client(
    OpenAI(api_key="unused"), config_file=sys.argv[1], clickhouse_url=None, async_setup=False
)
print("serves", client.base_url, flush=True)
threading.Event().wait()
