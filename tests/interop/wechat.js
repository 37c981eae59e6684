// Posts what wechat-crypto signed and encrypted: node wechat.js URL TOKEN ENCODING_AES_KEY APP_ID PAYLOAD
// Prints a line for the URL check, the message, and the message with a byte changed.
import { createHash } from 'node:crypto';
import WXBizMsgCrypt from 'wechat-crypto';

const [url, token, key, appId, payload] = process.argv.slice(2);
const cryptor = new WXBizMsgCrypt(token, key, appId);
const timestamp = String(Math.floor(Date.now() / 1000));
const nonce = '415670741';
const signature = createHash('sha1').update([token, timestamp, nonce].sort().join('')).digest('hex');

async function say(what, query, options) {
  const response = await fetch(`${url}?${new URLSearchParams({ signature, timestamp, nonce, ...query })}`, options);
  console.log(`${what} ${response.status} ${await response.text()}`);
}

await say('url check', { echostr: '5927782489442352469' });
const sealed = cryptor.encrypt(payload);
const query = { openid: 'oDemo', encrypt_type: 'aes', msg_signature: cryptor.getSignature(timestamp, nonce, sealed) };
const envelope = (text) => ({
  method: 'POST',
  body: `<xml><ToUserName><![CDATA[gh_demo]]></ToUserName><Encrypt><![CDATA[${text}]]></Encrypt></xml>`,
});
await say('message', query, envelope(sealed));
const other = sealed[10] === 'A' ? 'B' : 'A';
await say('tampered', query, envelope(sealed.slice(0, 10) + other + sealed.slice(11)));
await say('plain', {}, { method: 'POST', body: payload });
