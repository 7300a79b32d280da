"""Asks a gateway for everything that OpenAI's own SDK for Python has a method for, and prints what it read as JSON.

Run by test/process/operations.test.ts, with TOLLGATE_URL and TOLLGATE_KEY.
"""

import io
import json
import os
import time

import openai

client = openai.OpenAI(base_url=os.environ["TOLLGATE_URL"], api_key=os.environ["TOLLGATE_KEY"], max_retries=0)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)
user = [{"role": "user", "content": "Tell me: Grüße, 世界"}]
seen = {}

# Chat, completions and responses, whole and streamed.
chat = client.chat.completions.create(model="openai/gpt-4o-mini", messages=user)
seen["chat"] = chat.choices[0].message.content
stream = client.chat.completions.create(model="openai/gpt-4o-mini", messages=user, stream=True)
seen["chat streamed"] = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
legacy = client.completions.create(model="openai/gpt-4o-mini", prompt="Tell me: one", max_tokens=50)
seen["completion"] = legacy.choices[0].text
answer = client.responses.create(model="openai/gpt-4o-mini", input="Tell me: one")
seen["response"] = answer.output_text
with client.responses.stream(model="openai/gpt-4o-mini", input="Tell me: one") as events:
    seen["response streamed"] = "".join(e.delta for e in events if e.type == "response.output_text.delta")
seen["models"] = len(client.models.list().data)

# Embeddings: base64 is what the SDK asks for by itself.
texts = ["The cat sat on the mat", "Revenue grew by nine percent"]
usual = client.embeddings.create(model="openai/text-embedding-3-small", input=texts)
floats = client.embeddings.create(model="openai/text-embedding-3-small", input=texts, encoding_format="float")
seen["embeddings"] = [len(each.embedding) for each in usual.data]
seen["embeddings differ by"] = max(
    abs(a - b)
    for one, other in zip(usual.data, floats.data)
    for a, b in zip(one.embedding, other.embedding)
)
moderated = client.moderations.create(input=["Good morning", "I will kill the process"])
seen["moderations"] = [each.flagged for each in moderated.results]

# Images: drawn, changed and streamed.
drawn = client.images.generate(model="openai/gpt-image-2", prompt="A lighthouse", quality="low", n=2)
seen["images"] = [each.b64_json[:8] for each in drawn.data]
changed = client.images.edit(model="openai/gpt-image-2", prompt="At night", image=("dot.png", PNG), quality="low")
seen["edit"] = changed.data[0].b64_json[:8]
shown = client.images.generate(
    model="openai/gpt-image-2", prompt="A lighthouse", quality="low", stream=True, partial_images=1
)
seen["image events"] = [event.type for event in shown]

# Audio: said and heard.
voiced = {"model": "openai/gpt-4o-mini-tts", "voice": "marin", "input": "Good morning to all of you."}
sound = client.audio.speech.create(**voiced, response_format="wav").content
seen["speech"] = [sound[:4].decode(), sound[8:12].decode()]
with client.audio.speech.with_streaming_response.create(**voiced, response_format="wav") as streamed:
    seen["speech streamed"] = sum(len(piece) for piece in streamed.iter_bytes()) == len(sound)
file = ("speech.wav", sound)
seen["transcription"] = client.audio.transcriptions.create(file=file, model="openai/gpt-4o-transcribe").text
timed = client.audio.transcriptions.create(
    file=file, model="openai/whisper-1", response_format="verbose_json", timestamp_granularities=["word"]
)
seen["words"] = len(timed.words) > 0
hearing = client.audio.transcriptions.create(file=file, model="openai/gpt-4o-transcribe", stream=True)
seen["transcription streamed"] = "".join(e.delta for e in hearing if e.type == "transcript.text.delta")
seen["subtitles"] = client.audio.translations.create(file=file, model="openai/whisper-1", response_format="srt")

# Files and batches.
line = {"custom_id": "one", "method": "POST", "url": "/v1/chat/completions"}
line["body"] = {"model": "gpt-4o-mini", "max_tokens": 50, "messages": user}
lines = client.files.create(purpose="batch", file=("lines.jsonl", io.BytesIO(json.dumps(line).encode())))
seen["file"] = [lines.filename, lines.purpose, client.files.retrieve(lines.id).id == lines.id]
seen["files"] = [each.id for each in client.files.list(purpose="batch")] == [lines.id]
batch = client.batches.create(
    input_file_id=lines.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"of": "mine"}
)
until = time.monotonic() + 20
while batch.status != "completed" and time.monotonic() < until:
    time.sleep(0.1)
    batch = client.batches.retrieve(batch.id)
output = json.loads(client.files.content(batch.output_file_id).text)
seen["batch"] = [batch.status, output["custom_id"], output["response"]["status_code"]]
seen["batches"] = [each.id for each in client.batches.list()] == [batch.id]
seen["file deleted"] = client.files.delete(lines.id).deleted

# Videos.
video = client.videos.create(model="gemini/veo-3.1-generate-preview", prompt="A lighthouse", seconds="4")
seen["video"] = [video.status, client.videos.retrieve(video.id).id == video.id, video.seconds]
seen["videos"] = video.id in [each.id for each in client.videos.list()]
seen["video deleted"] = client.videos.delete(video.id).deleted

# Mistakes come as the SDK's own errors.
mistakes = {
    "size": lambda: client.images.generate(model="openai/gpt-image-2", prompt="A lighthouse", size="9x9"),
    "file": lambda: client.files.retrieve(lines.id),
    "video": lambda: client.videos.retrieve(video.id),
    "key": lambda: client.with_options(api_key="tg_live_nobody").embeddings.create(model="m", input="a"),
}
seen["mistakes"] = {}
for name, make in mistakes.items():
    try:
        make()
    except openai.APIStatusError as error:
        seen["mistakes"][name] = [type(error).__name__, error.code]
print(json.dumps(seen))
