// A real Bluesky server on loopback, with a directory of identities of its own. Prints its address; ends with its input.
import { mkdirSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { Database, PlcServer } from '@did-plc/server'
import { PDS, envToCfg, envToSecrets, readEnv } from '@atproto/pds'

// Both servers would listen on every address of the machine.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (first, ...rest) {
  return typeof first === 'number' ? listen.call(this, first, '127.0.0.1', ...rest) : listen.call(this, first, ...rest)
}

/** A port that was free a moment ago: asked for right before it is used, because other tests look for ports too. */
async function free() {
  const server = net.createServer()
  await new Promise((done) => server.listen(0, done))
  const { port } = server.address()
  await new Promise((done) => server.close(done))
  return port
}

const folder = process.argv[2]
const blobs = join(folder, 'blobs')
mkdirSync(blobs, { recursive: true })
const directory = await free()
await PlcServer.create({ db: Database.mock(), port: directory }).start()
const port = await free()
Object.assign(process.env, {
  PDS_DEV_MODE: 'true',
  PDS_HOSTNAME: 'localhost',
  PDS_PORT: String(port),
  PDS_DATA_DIRECTORY: folder,
  PDS_BLOBSTORE_DISK_LOCATION: blobs,
  PDS_DID_PLC_URL: `http://127.0.0.1:${directory}`,
  PDS_JWT_SECRET: 'a throwaway secret of this test',
  PDS_ADMIN_PASSWORD: 'throwaway',
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: '01'.repeat(32),
  PDS_INVITE_REQUIRED: 'false',
  PDS_SERVICE_HANDLE_DOMAINS: '.test',
  PDS_RATE_LIMITS_ENABLED: 'false',
  LOG_ENABLED: 'false',
})
const env = readEnv()
const pds = await PDS.create(envToCfg(env), envToSecrets(env))
await pds.start()
console.log(JSON.stringify({ address: `127.0.0.1:${port}` }))
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
