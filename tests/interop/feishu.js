// A subscriber made with @larksuiteoapi/node-sdk: node feishu.js ENCRYPT_KEY VERIFICATION_TOKEN
// Prints its port, then a line for every event that the SDK verified and decrypted.
import { createServer } from 'node:http';
import * as lark from '@larksuiteoapi/node-sdk';

const [encryptKey, verificationToken] = process.argv.slice(2);
const dispatcher = new lark.EventDispatcher({
  encryptKey, verificationToken, loggerLevel: lark.LoggerLevel.fatal,
}).register({
  'im.message.receive_v1': (data) => console.log(`message ${data.sender.sender_id.open_id} ${data.message.message_type}`),
  'contact.user.updated_v3': (data) => console.log(`user ${data.object.open_id}`),
});
const server = createServer();
server.on('request', lark.adaptDefault('/callbacks/feishu/it', dispatcher, { autoChallenge: true }));
server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
