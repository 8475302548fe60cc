// Runs /home/NAME/init.js with the rights of its user: qjs /lib/system/user.js NUMBER FOLDER
import * as system from "qjs:system";

const [, number, home] = scriptArgs;
system.become(Number(number), Number(number));
await import(`${home}/init.js`);
