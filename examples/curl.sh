#!/bin/sh
# A chat completion by curl, whole and as a stream. Run: sh examples/curl.sh
set -eu
url="${TOLLGATE_URL:-http://localhost:8787/v1}"
key="${TOLLGATE_KEY:-test-key-123}"

ask() {
	curl --fail-with-body --silent --show-error --no-buffer "$url/chat/completions" \
		-H "authorization: Bearer $key" -H "content-type: application/json" -d "$1"
	echo
}

ask '{"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Hello AI!"}]}'
ask '{"model": "anthropic/claude-haiku-5-5", "stream": true, "messages": [{"role": "user", "content": "Hello AI!"}]}'
