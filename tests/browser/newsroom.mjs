// A newsroom of the built programs for browser tests: drop, desk, one reporter. Everything on loopback,
// everything in one temporary folder, everything stopped at the end.

import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { bin } from "./browser.mjs";

const run = promisify(execFile);
const START_MS = 60_000;

export const custodians = ["Amal", "باسم", "Dima"];
export const editors = [
  { name: "Hala", role: "editor", password: "lamp harbour violet orchard" },
  { name: "سلمى", role: "safety", password: "saffron window quiet ladder" },
];

/** Starts a program whose first line is `listening URL`. */
async function serve(program, args, log) {
  const child = spawn(join(bin, program), args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, FH_LANG: "en" } });
  let said = "";
  child.stderr.on("data", (bytes) => (said += bytes));
  const url = await new Promise((tell, fail) => {
    const timer = setTimeout(() => fail(new Error(`${program} did not start: ${said}`)), START_MS);
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(new Error(`${program} ended with ${code}: ${said}`));
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (!line.startsWith("listening ")) return;
      clearTimeout(timer);
      tell(line.slice("listening ".length).trim());
    });
  });
  log.push(() => said);
  return { url, stop: () => new Promise((done) => (child.once("exit", done), child.kill())) };
}

async function field(dir, verb, args, words = "reporter.passphrase") {
  const all = ["--vault", join(dir, "vault"), verb, "--passphrase-file", join(dir, words), ...args];
  const { stdout } = await run(join(bin, "fh-field"), all, { env: { ...process.env, FH_LANG: "en" } });
  return stdout;
}

/** Two pages of text, as small as a PDF can be. */
function document() {
  const page = (text, at) => `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${at} 0 R /Resources << /Font << /F 7 0 R >> >> >>`;
  const words = (text) => `<< /Length ${text.length + 36} >>\nstream\nBT /F 36 Tf 72 720 Td (${text}) Tj ET\n${" ".repeat(5)}\nendstream`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>", page("one", 5), page("two", 6),
    words("First page"), words("Second page"), "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    "<< /Author (A name that must go) /Producer (Office) >>",
  ];
  let text = "%PDF-1.4\n";
  const starts = objects.map((object, at) => {
    const start = text.length;
    text += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return start;
  });
  const table = starts.map((start) => `${String(start).padStart(10, "0")} 00000 n \n`).join("");
  const count = objects.length + 1;
  return `${text}xref\n0 ${count}\n0000000000 65535 f \n${table}trailer\n<< /Size ${count} /Root 1 0 R /Info 8 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
}

/** A photograph with camera metadata, a short video with sound, a recording, a document. */
async function inputs(dir) {
  const photo = join(dir, "IMG_0441 صورة.jpg");
  const video = join(dir, "VID <img src=x onerror=alert(1)>.mp4");
  const quiet = ["-loglevel", "error", "-y"];
  await run("ffmpeg", [...quiet, "-f", "lavfi", "-i", "testsrc2=size=1600x1200", "-frames:v", "1", photo]);
  await run("ffmpeg", [
    ...quiet, "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=5", "-f", "lavfi", "-i", "sine=440:duration=5",
    "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-metadata", "title=from the roof", video,
  ]);
  await run("exiftool", [
    "-q", "-overwrite_original", "-Make=Samsung", "-Model=SM-A125F", "-GPSLatitude=35.95", "-GPSLatitudeRef=N",
    "-GPSLongitude=39.01", "-GPSLongitudeRef=E", "-Artist=<b onmouseover=alert(1)>", photo,
  ]);
  const call = join(dir, "call.mp3");
  await run("ffmpeg", [...quiet, "-f", "lavfi", "-i", "sine=330:duration=4", "-metadata", "artist=A name that must go", call]);
  const list = join(dir, "قائمة الأسماء.pdf");
  await writeFile(list, document());
  return [photo, video, call, list];
}

/** A photograph and a film of more than 256 KiB each. */
async function large(dir) {
  const photo = join(dir, "square ساحة.jpg");
  const film = join(dir, "square.mp4");
  const quiet = ["-loglevel", "error", "-y", "-f", "lavfi", "-i"];
  await run("ffmpeg", [...quiet, "testsrc2=size=1600x1200,noise=alls=60", "-frames:v", "1", "-q:v", "2", photo]);
  await run("ffmpeg", [
    ...quiet, "testsrc2=size=640x480:rate=25:duration=4,noise=alls=20:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", film,
  ]);
  return [photo, film];
}

/** A server that speaks as much of Mastodon's API as an account with short posts needs. It keeps what it was told. */
export async function shortPosts() {
  const posts = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (bytes) => (body += bytes));
    request.on("end", () => {
      const here = `http://127.0.0.1:${server.address().port}`;
      const say = (value) => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify(value));
      };
      const path = request.url.split("?")[0];
      if (path === "/api/v1/accounts/verify_credentials") return say({ id: "7", acct: "city", url: `${here}/@city` });
      if (path === "/api/v2/instance") return say({ configuration: { statuses: { max_characters: 120, max_media_attachments: 4, characters_reserved_per_url: 23 } } });
      if (path === "/api/v1/accounts/7/statuses") return say(posts);
      if (path === "/api/v1/statuses" && request.method === "POST") {
        const post = { id: String(posts.length + 1), url: `${here}/@city/${posts.length + 1}`, body, content: body, media_attachments: [] };
        posts.push(post);
        return say(post);
      }
      response.writeHead(404).end("{}");
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}`, posts, stop: () => new Promise((done) => (server.closeAllConnections(), server.close(done))) };
}

/** Founds everything; the desk is running and locked, the reporter has her kit. */
export async function found() {
  const dir = await mkdtemp(join(tmpdir(), "fh-browser-"));
  const secrets = join(dir, "secrets");
  const logs = [];
  const stops = [];
  const desk = (args) => run(join(bin, "fh-desk"), args, { env: { ...process.env, FH_LANG: "en" } });
  try {
    await run(join(bin, "fh-drop"), ["token", "--out", join(dir, "drop.token")]);
    const drop = await serve("fh-drop", ["serve", "--listen", "127.0.0.1:0", "--dir", join(dir, "drop"), "--desk-token-file", join(dir, "drop.token")], logs);
    stops.push(drop.stop);
    await desk([
      "init", "--organisation", "Browser Test", "--threshold", "2", "--dir", join(dir, "desk"), "--passphrase-dir", secrets,
      ...custodians.flatMap((name) => ["--custodian", name]),
      ...editors.flatMap(({ name, role }) => ["--editor", `${name}:${role}`]),
    ]);
    await desk(["drop", "add", "--dir", join(dir, "desk"), "--url", drop.url, "--token-file", join(dir, "drop.token")]);
    await desk([
      "kit", "new", "swallow", "--dir", join(dir, "desk"), "--out", join(dir, "kit"),
      ...custodians.slice(0, 2).flatMap((name) => ["--custodian-passphrase", `${name}=${join(secrets, `${name}.passphrase`)}`]),
    ]);
    await writeFile(join(dir, "reporter.passphrase"), "quiet river stone lantern copper meadow\n");
    // The first two words exchanged: the duress mark.
    await writeFile(join(dir, "reporter.forced"), "river quiet stone lantern copper meadow\n");
    await field(dir, "init", ["--kit", join(dir, "kit")]);
    const serving = await serve(
      "fh-desk",
      ["serve", "--listen", "127.0.0.1:0", "--poll-seconds", "1", "--base-url", "https://news.example", "--dir", join(dir, "desk"), "--site", join(dir, "site")],
      logs,
    );
    stops.push(serving.stop);
    const secret = async (file) => (await readFile(join(secrets, file), "utf8")).trim();
    return {
      url: serving.url,
      /** A file of the published site. */
      published: (path) => readFile(join(dir, "site", path), "utf8"),
      passphrase: (name) => secret(`${name}.passphrase`),
      enrolment: (name) => secret(`${name}.enrol`),
      send: async (note) => {
        await field(dir, "add", [...(await inputs(dir)), "--note", note]);
        await field(dir, "send", ["--road", "loopback"]);
      },
      /** The photograph and the film, previews first; what crosses for them, in cells without the noise. */
      preview: async (note) => {
        const [photo, film] = await large(dir);
        await field(dir, "add", ["--preview", photo, film, "--note", note]);
        return JSON.parse(await field(dir, "send", ["--road", "loopback", "--json"])).cells_sent;
      },
      /** Hears what the desk wants. */
      receive: async () => JSON.parse(await field(dir, "receive", ["--road", "loopback", "--json"])),
      status: async () => JSON.parse(await field(dir, "status", ["--json"])),
      sendWanted: async () => JSON.parse(await field(dir, "send", ["--road", "loopback", "--json"])).cells_sent,
      sendForced: async (note) => {
        await field(dir, "add", ["--note", note], "reporter.forced");
        await field(dir, "send", ["--road", "loopback"], "reporter.forced");
      },
      // Two cards of four, of which three are needed: the dispatch stays open.
      cards: async (note) => {
        const out = join(dir, "cards");
        await mkdir(out);
        const film = join(dir, "long.mp4");
        await writeFile(film, randomBytes(3_000_000));
        await field(dir, "add", [film, "--note", note]);
        await field(dir, "spread", ["--cards", "4", "--need", "3", "--out", out]);
        return (await readdir(out)).sort().slice(0, 2).map((name) => join(out, name));
      },
      // What a server wrote of the last four weeks, read as an operator reads it.
      readLog: async () => {
        const lines = [];
        for (let before = 28; before > 0; before -= 1) {
          const day = new Date(Date.now() - before * 86_400_000).toISOString().slice(0, 10);
          for (const [country, share] of [["DE", 40], ["SY", 31], ["FR", 12], ["onion", 22], ["JP", 3]]) {
            for (let n = 0; n < share + ((before * 7) % 23); n += 1) {
              const page = n % 3 === 0 ? "/en/" : "/ar/stories/a-story-that-is-gone.html";
              lines.push(["fh1", day, randomBytes(16).toString("hex"), "GET", "200", country, "reader", page].join("\t"));
            }
          }
        }
        const log = join(dir, "reach.log");
        await writeFile(log, `${lines.join("\n")}\n`);
        await desk(["reach", "read", "--dir", join(dir, "desk"), log]);
      },
      logs: () => logs.map((said) => said()).join("\n"),
      stop: async () => {
        for (const stop of stops.reverse()) await stop();
        await rm(dir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    for (const stop of stops.reverse()) await stop();
    throw error;
  }
}
