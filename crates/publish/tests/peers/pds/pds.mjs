// A real Bluesky server on loopback, with a directory of identities of its own. Prints its address; ends with its input.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Database, PlcServer } from '@did-plc/server'
import { PDS, envToCfg, envToSecrets, readEnv } from '@atproto/pds'

const [folder, port] = [process.argv[2], Number(process.argv[3])]
const blobs = join(folder, 'blobs')
mkdirSync(blobs, { recursive: true })
const plc = PlcServer.create({ db: Database.mock(), port: port + 1 })
await plc.start()
Object.assign(process.env, {
  PDS_DEV_MODE: 'true',
  PDS_HOSTNAME: 'localhost',
  PDS_PORT: String(port),
  PDS_DATA_DIRECTORY: folder,
  PDS_BLOBSTORE_DISK_LOCATION: blobs,
  PDS_DID_PLC_URL: `http://127.0.0.1:${port + 1}`,
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
