// age.mjs — npm's age-encryption for age.sh:
//   node age.mjs MODULE seal KIND ARMOR IN OUT
//   node age.mjs MODULE open KIND IN OUT
// In the folder of the keys: KIND.pub and KIND.key; the passphrase is in passphrase.key.
import { readFileSync, writeFileSync } from "node:fs";

const [module, step, kind, ...rest] = process.argv.slice(2);
const age = await import(module);
const lines = (path) =>
  readFileSync(path, "utf8").split("\n").filter((line) => line !== "" && !line.startsWith("#"));

if (step === "seal") {
  const [armor, from, to] = rest;
  const sealer = new age.Encrypter();
  if (kind === "passphrase") {
    sealer.setScryptWorkFactor(10);
    sealer.setPassphrase(readFileSync("passphrase.key", "utf8"));
  } else {
    for (const recipient of lines(`${kind}.pub`)) sealer.addRecipient(recipient);
  }
  const file = await sealer.encrypt(readFileSync(from));
  writeFileSync(to, armor === "yes" ? age.armor.encode(file) : file);
} else {
  const [from, to] = rest;
  const opener = new age.Decrypter();
  if (kind === "passphrase") opener.addPassphrase(readFileSync("passphrase.key", "utf8"));
  else for (const identity of lines(`${kind}.key`)) opener.addIdentity(identity);
  const file = readFileSync(from);
  const armored = file.subarray(0, 5).toString() === "-----";
  writeFileSync(to, await opener.decrypt(armored ? age.armor.decode(file.toString()) : file));
}
