// The handler that a user would write without a gateway: verify, decrypt, read, INSERT, answer.
// Settings come from the environment: PORT, TOKEN, ENCODING_AES_KEY, CORP_ID, DB_PORT, DB_USER,
// DB_PASSWORD, DB_NAME.
import { decrypt, getSignature } from '@wecom/crypto';
import { XMLParser } from 'fast-xml-parser';
import Fastify from 'fastify';
import { createPool } from 'mysql2/promise';

const { PORT, TOKEN, ENCODING_AES_KEY, CORP_ID, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = process.env;

const pool = createPool({
  host: '127.0.0.1',
  port: Number(DB_PORT),
  user: DB_USER,
  password: DB_PASSWORD,
  database: DB_NAME,
  connectionLimit: 16,
});
await pool.query(`CREATE TABLE IF NOT EXISTS callbacks (
  id BIGINT AUTO_INCREMENT PRIMARY KEY,
  received_at DATETIME(3) NOT NULL,
  event VARCHAR(64) NOT NULL,
  change_type VARCHAR(64) NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  external_user_id VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL,
  payload MEDIUMTEXT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);

const INSERT = `INSERT INTO callbacks
  (received_at, event, change_type, user_id, external_user_id, created_at, payload)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;

const parser = new XMLParser({ parseTagValue: false });
const app = Fastify({ logger: false });
app.addContentTypeParser(['text/xml', 'application/xml'], { parseAs: 'string' }, (request, body, done) =>
  done(null, body),
);

app.get('/callbacks/wecom/:channel', (request, reply) => {
  const { msg_signature: signature, timestamp, nonce, echostr } = request.query;
  if (getSignature(TOKEN, timestamp, nonce, echostr) !== signature) return reply.code(403).send();
  return reply.type('text/plain').send(decrypt(ENCODING_AES_KEY, echostr).message);
});

app.post('/callbacks/wecom/:channel', async (request, reply) => {
  const { msg_signature: signature, timestamp, nonce } = request.query;
  const encrypted = parser.parse(request.body).xml.Encrypt;
  if (getSignature(TOKEN, timestamp, nonce, encrypted) !== signature) return reply.code(403).send();
  const { message, id } = decrypt(ENCODING_AES_KEY, encrypted);
  if (id !== CORP_ID) return reply.code(403).send();
  const event = parser.parse(message).xml;
  await pool.execute(INSERT, [
    new Date(),
    event.Event ?? '',
    event.ChangeType ?? '',
    event.UserID ?? '',
    event.ExternalUserID ?? '',
    Number(event.CreateTime),
    message,
  ]);
  return reply.code(200).send();
});

await app.listen({ port: Number(PORT), host: '127.0.0.1' });
console.log(`listening on ${PORT}`);
