// Serves TimescaleDB in WebAssembly over PostgreSQL's wire protocol, on a free port that it prints as its first line.
//
// A client that names a database gets the instance of that name; another name starts an empty one in its place. An
// instance has one session, so clients are served one after the other and each leaves a clean session behind.
// Ends when its standard input does.
import { createServer } from 'node:net'

import { PGlite } from '@electric-sql/pglite'
import { timescaledb } from '@electric-sql/pglite/timescaledb'

const PROTOCOL_3 = 196608
const SSL_REQUEST = 80877103
const GSS_REQUEST = 80877104
const QUERY = 'Q'
const TERMINATE = 'X'

let current = { name: null, database: null }

async function open(name) {
  if (current.name !== name) {
    await current.database?.close()
    current = { name, database: await PGlite.create({ extensions: { timescaledb } }) }
  }
  return current.database
}

function message(type, ...parts) {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

const text = (value) => Buffer.from(`${value}\0`)

function greeting(version) {
  const parameters = {
    server_version: version,
    server_encoding: 'UTF8',
    client_encoding: 'UTF8',
    DateStyle: 'ISO, MDY',
    TimeZone: 'GMT',
    integer_datetimes: 'on',
    standard_conforming_strings: 'on',
  }
  return Buffer.concat([
    message('R', Buffer.alloc(4)),
    ...Object.entries(parameters).map(([name, value]) => message('S', text(name), text(value))),
    message('K', Buffer.alloc(8)),
    message('Z', Buffer.from('I')),
  ])
}

// Whole messages only: a part of one makes the engine abort.
async function* wholeMessages(socket) {
  let received = Buffer.alloc(0)
  let lengthAt = 0
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk])
    while (received.length >= lengthAt + 4) {
      const end = lengthAt + received.readInt32BE(lengthAt)
      if (received.length < end) break
      const whole = received.subarray(0, end)
      received = received.subarray(end)
      if (lengthAt === 0 && whole.readInt32BE(4) === PROTOCOL_3) lengthAt = 1
      yield whole
    }
  }
}

function databaseName(startup) {
  const fields = startup.subarray(8).toString().split('\0')
  return fields[fields.indexOf('database') + 1]
}

async function serve(socket) {
  let database = null
  try {
    for await (const request of wholeMessages(socket)) {
      if (database === null) {
        const code = request.readInt32BE(4)
        if (code === SSL_REQUEST || code === GSS_REQUEST) {
          socket.write('N')
        } else if (code === PROTOCOL_3) {
          database = await open(databaseName(request))
          const { rows } = await database.query('SHOW server_version')
          socket.write(greeting(rows[0].server_version))
        } else {
          return
        }
      } else if (String.fromCharCode(request[0]) === QUERY) {
        socket.write(await database.execProtocolRaw(new Uint8Array(request)))
      } else if (String.fromCharCode(request[0]) === TERMINATE) {
        return
      } else {
        throw new Error(`message ${String.fromCharCode(request[0])} is not supported, simple queries only`)
      }
    }
  } finally {
    socket.destroy()
    if (database !== null) {
      await database.exec('ROLLBACK')
      await database.exec('SET SESSION AUTHORIZATION postgres')
      await database.exec('DISCARD ALL')
      await database.exec('SET search_path TO public')
    }
  }
}

let turn = Promise.resolve()
const server = createServer((socket) => {
  socket.on('error', () => {})
  turn = turn.then(() => serve(socket)).catch((error) => console.error(error))
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.on('end', () => process.exit(0)).resume()
