"""A real snac2 on loopback, which speaks Mastodon's API. Prints its address and a token; ends with its input."""

import json
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

folder, port = pathlib.Path(sys.argv[1]) / "data", int(sys.argv[2])
program = pathlib.Path(__file__).parent / "snac"
address = f"127.0.0.1:{port}"
answers = f"127.0.0.1\n{port}\n{address}\n\nadmin@example.org\n"
subprocess.run([program, "init", folder], input=answers, text=True, check=True, stdout=subprocess.DEVNULL)
settings = folder / "server.json"
# Without TLS before it, it must name itself as it is reached.
settings.write_text(settings.read_text().replace('"protocol": "https"', '"protocol": "http"'))
added = subprocess.run([program, "adduser", folder, "news"], text=True, check=True, capture_output=True)
password = re.search(r"password is (\S+)", added.stdout + added.stderr).group(1)
server = subprocess.Popen([program, "httpd", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
form = urllib.parse.urlencode({"login": "news", "passwd": password}).encode()
token = None
for _ in range(200):
    try:
        token = urllib.request.urlopen(f"http://{address}/oauth/x-snac-get-token", form).read().decode().strip()
        break
    except (urllib.error.URLError, ConnectionError):
        time.sleep(0.1)
print(json.dumps({"address": address, "token": token}), flush=True)
sys.stdin.read()
server.terminate()
server.wait()
