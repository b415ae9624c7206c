// Drives npm's age-encryption for crates/openers/tests/it/npm_interop.rs: one JSON request on standard input, one JSON
// answer on standard output. Bytes travel as base64.

import { text } from "node:stream/consumers";
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";

const bytes = (base64) => new Uint8Array(Buffer.from(base64, "base64"));
const base64 = (array) => Buffer.from(array).toString("base64");

const actions = {
  async generate() {
    const identity = await generateHybridIdentity();
    return { identity, recipient: await identityToRecipient(identity) };
  },
  async recipient({ identity }) {
    return { recipient: await identityToRecipient(identity) };
  },
  async seal({ recipient, file }) {
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    return { file: base64(await encrypter.encrypt(bytes(file))) };
  },
  async open({ identity, file }) {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    return { file: base64(await decrypter.decrypt(bytes(file))) };
  },
};

const request = JSON.parse(await text(process.stdin));
const answer = await actions[request.action](request);
process.stdout.write(JSON.stringify(answer));
