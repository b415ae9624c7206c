"""A real mail server on loopback that writes down what it took. Prints its address; ends with its input.

What becomes of a letter is in its recipient's name: `later` is put off with 451 once, `busy` with 421 once, `never` is refused
with 550, `full` is put off after the letter once, `spam` is refused after it, `cut` is taken and loses the answer, `torn` loses
the connection before the letter once, `slow` waits.
"""

import asyncio
import json
import logging
import os
import pathlib
import ssl
import subprocess
import sys
import warnings

here = pathlib.Path(__file__).parent
python = here / "environment" / "bin" / "python"
if pathlib.Path(sys.prefix) != here / "environment":
    os.execv(python, [str(python), *sys.argv])

from aiosmtpd.controller import Controller  # noqa: E402
from aiosmtpd.smtp import AuthResult  # noqa: E402

# It warns that passwords go in the clear: they do not leave this machine.
warnings.simplefilter("ignore")
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
taken, begun = folder / "taken.jsonl", set()


def note(**what):
    with taken.open("a") as file:
        file.write(json.dumps(what) + "\n")


def first(address):
    known = address in begun
    begun.add(address)
    return not known


class Rules:
    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        note(hello=hostname)
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("-")[0]
        if name == "never":
            return "550 5.1.1 there is nobody of that name"
        if name == "later" and first(address):
            return "451 4.7.1 greylisted, come again"
        if name == "busy" and first(address):
            server.transport.write(b"421 4.3.2 too many letters on one connection\r\n")
            server.transport.close()
            return "421 gone"
        if name == "torn" and first(address):
            server.transport.abort()
            return "421 gone"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        name = address.split("-")[0]
        if name == "full" and first(address):
            return "452 4.2.2 the box is full"
        if name == "spam":
            return "554 5.7.1 not wanted"
        if name == "slow":
            await asyncio.sleep(1.5)
        note(to=envelope.rcpt_tos, sender=envelope.mail_from, letter=envelope.content.decode("ascii"))
        if name == "cut":
            server.transport.abort()
        return "250 taken"


def known(server, session, envelope, mechanism, login):
    note(login=login.login.decode())
    fine = login.login == b"news" and login.password == b"four words of it"
    return AuthResult(success=fine, handled=False)


settings = {"authenticator": known, "auth_required": True, "auth_require_tls": False}
if "secure" in sys.argv:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout",
         folder / "key.pem", "-out", folder / "certificate.pem"],
        check=True, stderr=subprocess.DEVNULL,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    settings |= {"tls_context": context, "auth_require_tls": True}
controller = Controller(Rules(), hostname="127.0.0.1", port=port, **settings)
controller.start()
print(json.dumps({"address": f"127.0.0.1:{port}"}), flush=True)
sys.stdin.read()
controller.stop()
