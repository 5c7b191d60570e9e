"""decode.py FILE: milliseconds for json.loads of the file."""
import json
import sys
import time

text = open(sys.argv[1], "rb").read()
for _ in range(5):
    json.loads(text)
began, count = time.process_time(), 0
while time.process_time() - began < 0.3:
    json.loads(text)
    count += 1
print((time.process_time() - began) / count * 1000)
