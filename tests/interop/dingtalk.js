// Posts what dingtalk-encrypt signed and encrypted, and reads the sealed answer by it:
//   node dingtalk.js URL TOKEN ENCODING_AES_KEY APP_KEY PAYLOAD
// Prints a line for the URL check, the event, and the event with a byte changed.
import DingTalkEncryptor from 'dingtalk-encrypt';

const [url, token, key, appKey, payload] = process.argv.slice(2);
const cryptor = new DingTalkEncryptor(token, key, appKey);

async function say(what, text, spoil) {
  const sent = cryptor.getEncryptedMap(text, String(Date.now()), '1372623149');
  const query = new URLSearchParams({
    signature: sent.msg_signature, msg_signature: sent.msg_signature, timestamp: sent.timeStamp, nonce: sent.nonce,
  });
  const response = await fetch(`${url}?${query}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ encrypt: spoil ? spoil(sent.encrypt) : sent.encrypt }),
  });
  const answer = await response.text();
  if (response.status !== 200) {
    console.log(`${what} ${response.status} ${answer}`);
    return;
  }
  const sealed = JSON.parse(answer);
  const said = cryptor.getDecryptMsg(sealed.msg_signature, sealed.timeStamp, sealed.nonce, sealed.encrypt);
  console.log(`${what} ${response.status} ${said}`);
}

await say('url check', '{"EventType":"check_url"}');
await say('event', payload);
await say('tampered', payload, (text) => text.slice(0, 10) + (text[10] === 'A' ? 'B' : 'A') + text.slice(11));
