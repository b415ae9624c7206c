// A real Ghost on loopback, on SQLite. Prints its address and the key of an integration; ends with its input.
// Arguments: where Ghost is installed, a folder of its own, a port.
import { spawn } from 'node:child_process'
import { cpSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [home, folder, port] = process.argv.slice(2)
const content = join(folder, 'content')
cpSync(join(home, 'content'), content, { recursive: true })
const base = `http://127.0.0.1:${port}`
const file = join(folder, 'ghost.db')
const ghost = spawn(process.execPath, ['index.js'], {
  cwd: home,
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    ...process.env,
    NODE_ENV: 'development',
    url: base,
    server__host: '127.0.0.1',
    server__port: port,
    database__client: 'better-sqlite3',
    database__connection__filename: file,
    database__useNullAsDefault: 'true',
    paths__contentPath: content,
    mail__transport: 'stub',
    privacy__useUpdateCheck: 'false',
    privacy__useRpcPing: 'false',
    logging__level: 'error',
    // Tests ask more often than people do.
    spam__content_api_key__freeRetries: '1000000',
  },
})
process.stdin.resume()
const end = () => {
  ghost.kill('SIGKILL')
  process.exit(0)
}
process.stdin.on('end', end)
ghost.on('exit', (code) => process.exit(code ?? 1))

/** Whether it answers; while it starts it says 503. */
async function ready() {
  try {
    return (await fetch(`${base}/ghost/api/admin/site/`)).status === 200
  } catch {
    return false
  }
}
while (!(await ready())) await new Promise((done) => setTimeout(done, 200))

// One integration is there from the beginning, with a key that may write.
const Database = createRequire(join(home, 'index.js'))('better-sqlite3')
const db = new Database(file, { readonly: true })
const key = db
  .prepare("select k.id, k.secret from api_keys k join integrations i on i.id = k.integration_id where k.type = 'admin' and i.slug = 'zapier'")
  .get()
db.close()
console.log(JSON.stringify({ address: `127.0.0.1:${port}`, key: `${key.id}:${key.secret}` }))
