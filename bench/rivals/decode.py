"""decode.py FILE [TURNS]: milliseconds for json.loads of the file; without TURNS it takes about 0.3 s to find out."""
import json
import sys
import time

text = open(sys.argv[1], "rb").read()
turns = int(sys.argv[2]) if len(sys.argv) > 2 else 0
for _ in range(5):
    json.loads(text)
began, count = time.process_time(), 0
while count < turns or (turns == 0 and time.process_time() - began < 0.3):
    json.loads(text)
    count += 1
print((time.process_time() - began) / count * 1000)
