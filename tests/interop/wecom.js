// Posts callbacks that @wecom/crypto signed and encrypted, for the end-to-end test:
//   node wecom.js URL TOKEN ENCODING_AES_KEY RECEIVE_ID PAYLOAD
// Prints a line for the URL check, the callback, and the callback with a byte changed.
import { encrypt, getSignature } from '@wecom/crypto';

const [url, token, key, receiveId, payload] = process.argv.slice(2);
const timestamp = String(Math.floor(Date.now() / 1000));
const nonce = '1372623149';

async function say(what, query, options) {
  const response = await fetch(`${url}?${new URLSearchParams(query)}`, options);
  console.log(`${what} ${response.status} ${await response.text()}`);
}

const echostr = encrypt(key, '1616140317555161061', receiveId);
await say('url check', { msg_signature: getSignature(token, timestamp, nonce, echostr), timestamp, nonce, echostr });
const sealed = encrypt(key, payload, receiveId);
const query = { msg_signature: getSignature(token, timestamp, nonce, sealed), timestamp, nonce };
const envelope = (text) => ({
  method: 'POST',
  body: `<xml><ToUserName><![CDATA[${receiveId}]]></ToUserName><AgentID><![CDATA[1000007]]></AgentID>` +
    `<Encrypt><![CDATA[${text}]]></Encrypt></xml>`,
});
await say('callback', query, envelope(sealed));
const other = sealed[10] === 'A' ? 'B' : 'A';
await say('tampered', query, envelope(sealed.slice(0, 10) + other + sealed.slice(11)));
