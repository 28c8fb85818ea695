// The HTTP interface of a Supabase project: PostgREST's and Auth's, as @supabase/lite answers for them, on a PostgreSQL
// server that is there. What lite 0.10.0 does otherwise than PostgREST, and matters here, is corrected below; each
// correction has its test in test_stand_in.py.
//
//   node api.mjs FOLDER_OF_SOCKET DATABASE AUTH_SQL SCHEMAS
//
// Says {"port": …} when it is ready, and ends with its standard input.
import fs from 'node:fs'
import http from 'node:http'
import { Readable } from 'node:stream'
import { App } from '@supabase/lite'
import { PostgresConnection } from '@supabase/lite/postgres'
import { sql } from 'kysely'

const [folder, database, authSql, exposed] = process.argv.slice(2)
const schemas = exposed.split(',')
const SEARCHED_TOO = ['public', 'extensions'] // PostgREST's db-extra-search-path on Supabase

// PostgREST's own table (mapSQLtoHTTP): the first row that matches counts, and what is in none is 400.
const STATUS_OF = [
  [/^08/, 503], [/^09/, 500], [/^0[LP]/, 403], [/^2350[35]/, 409], [/^25006/, 405], [/^25/, 500], [/^28/, 403],
  [/^2D/, 500], [/^3[89B]/, 500], [/^40/, 500], [/^53400/, 500], [/^53/, 503], [/^5[45]/, 500], [/^57P01/, 503],
  [/^5[78]/, 500], [/^F0/, 500], [/^HV/, 500], [/^P0001/, 400], [/^P0/, 500], [/^XX/, 500], [/^42883/, 404],
  [/^42P01/, 404], [/^42P17/, 500], [/^21000/, 500],
]
const ANSWERED_BY_LITE = /^(PGRST|PT\d\d\d|42501)$/

/** The error in the form that lite passes on as it is: status and body are our own. */
function answeredLikePostgrest(error) {
  const status = STATUS_OF.find(([states]) => states.test(error.code))?.[1] ?? 400
  const { code, message, detail: details = null, hint = null } = error
  return Object.assign(new Error(JSON.stringify({ code, message, details, hint })), {
    code: 'PGRST',
    detail: JSON.stringify({ status, headers: {} }),
  })
}

class LikePostgrest extends PostgresConnection {
  /** What there is, is known whatever the authenticator itself may read. */
  async introspect(options) {
    return this === admin ? super.introspect(options) : admin.introspect(options)
  }

  /** The role is always set, and nothing is granted: lite sets none while no table has row-level security, and grants
   *  everything on all tables beside one that has. */
  async ensureRlsContext() {
    return true
  }

  async withContext(context, work, options) {
    try {
      return await super.withContext(context, work, options)
    } catch (error) {
      const ofPostgres = error?.severity !== undefined && !ANSWERED_BY_LITE.test(error.code)
      throw ofPostgres ? answeredLikePostgrest(error) : error
    }
  }

  /** A role brings its time limits along, and is told by `request.jwt.claims` alone. */
  async applyJwtSessionContext(transaction, context, setRole) {
    const role = context?.auth?.role || 'anon'
    await sql`
      SELECT set_config(split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1), true)
        FROM pg_roles, unnest(rolconfig) AS setting
       WHERE rolname = ${role} AND setting ~ '^(statement_timeout|lock_timeout|default_transaction_isolation)='
    `.execute(transaction)
    await super.applyJwtSessionContext(transaction, context, setRole)
    await sql`SELECT set_config('request.jwt.claim.sub', '', true), set_config('request.jwt.claim.role', '', true)`
      .execute(transaction)
  }

  /** A call sees the schema it was made in, and may write only if its function is VOLATILE. */
  async applyRpcRequestGucs(transaction, rpc) {
    await super.applyRpcRequestGucs(transaction, rpc)
    const headers = rpc.requestHeaders ?? {}
    const schema = headers['content-profile'] ?? headers['accept-profile'] ?? schemas[0]
    const name = decodeURIComponent(String(rpc.path).split('/').pop())
    const path = [schema, ...SEARCHED_TOO].map((name) => `"${name}"`).join(', ')
    await sql`SELECT set_config('search_path', ${path}, true)`.execute(transaction)
    const { rows } = await sql`
      SELECT provolatile = 'v' AS writes FROM pg_proc
       WHERE pronamespace = to_regnamespace(quote_ident(${schema})) AND proname = ${name}
    `.execute(transaction)
    if (rows.some(({ writes }) => !writes)) await sql`SET LOCAL transaction_read_only = on`.execute(transaction)
  }
}

// lite's arguments of these types are text already, and postgres.js would make a JSON string of them.
const json = (oid) => ({
  to: oid,
  from: [oid],
  serialize: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
  parse: JSON.parse,
})

function connect(user) {
  const types = { json: json(114), jsonb: json(3802) }
  const postgresOptions = { host: folder, port: 5432, user, database, max: 20, onnotice() {}, types }
  return new LikePostgrest({ url: `postgres://${user}@localhost/${database}`, postgresOptions })
}

const auth = {
  enabled: true,
  enable_signup: true,
  jwt_secret: 'a secret of these tests that is long enough for HS256',
  jwt_expiry: 3600,
  publishable_key: 'sb_publishable_test',
  secret_key: 'sb_secret_test',
  email: { enable_confirmations: false },
}

const admin = connect('supabase_admin') // keeps the users, as Supabase Auth does
const users = new App({ connection: admin, api: { enabled: false, schemas }, auth })
await users.init()
await users.ensureSystemSchema()
await admin.driver.unsafe(fs.readFileSync(authSql, 'utf8')) // lite has put functions of its own there
await admin.driver.unsafe(`
  GRANT USAGE ON SCHEMA auth TO authenticator;
  GRANT SELECT ON ALL TABLES IN SCHEMA auth TO authenticator
`) // lite looks a token's session up, where PostgREST believes the token
const data = new App({ connection: connect('authenticator'), api: { enabled: true, schemas }, auth })
await data.init()

async function answer(request, response) {
  const body = ['GET', 'HEAD'].includes(request.method) ? undefined : Readable.toWeb(request)
  const app = request.url.startsWith('/auth/') ? users : data
  const { method, headers } = request
  const asked = new Request(`http://${headers.host}${request.url}`, { method, headers, body, duplex: 'half' })
  const answered = await app.fetch(asked, { peerAddress: request.socket.remoteAddress })
  response.writeHead(answered.status, Object.fromEntries(answered.headers))
  response.end(Buffer.from(await answered.arrayBuffer()))
}

const server = http.createServer((request, response) =>
  answer(request, response).catch((error) => {
    response.writeHead(599)
    response.end(String(error.stack))
  }),
)
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })))
process.stdin.resume().on('end', () => process.exit())
