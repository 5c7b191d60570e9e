"""calls.py URL SECONDS: requests per second of http.client on one kept connection."""
import http.client
import json
import sys
import time
import urllib.parse

parts, seconds = urllib.parse.urlsplit(sys.argv[1]), float(sys.argv[2])
connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
body = json.dumps({"token": "a-token", "admin_user_name": "demo", "pageNo": 1, "pageSize": 1, "tableNo": "001"})
headers = {"Content-Type": "application/json", "Accept": "application/json"}


def call():
    connection.request("POST", "/meter/readMeter", body, headers)
    assert len(connection.getresponse().read()) > 0


for _ in range(200):
    call()
began, count = time.monotonic(), 0
while time.monotonic() - began < seconds:
    for _ in range(50):
        call()
    count += 50
print(count / (time.monotonic() - began))
