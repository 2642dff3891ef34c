// An OpenID provider at a free port of this machine: `node provider.mjs REDIRECT_URI`. It says its issuer on a line.
// Whoever types a name at its own page is that person; the groups of a name are its letters before the first dot.
// A line on standard input changes its key: new tokens are signed by the new one, and the old one is told no more.
import { createServer } from "node:http";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createInterface } from "node:readline";

const { default: Provider } = await import(process.env.OIDC_PROVIDER);

const key = () => ({ ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }),
  kid: randomUUID(), use: "sig", alg: "RS256" });

const provider = (issuer) => {
  const made = new Provider(issuer, {
    clients: [{ client_id: "kept", client_secret: "a secret, of +the/ tests", redirect_uris: [process.argv[2]],
      response_types: ["code"], grant_types: ["authorization_code"] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
    scopes: ["openid", "email", "profile", "groups"],
    cookies: { keys: [randomUUID()] },
    jwks: { keys: [key()] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: `id-of-${id}`, email: `${id}@shop.example`,
      email_verified: true, name: id, groups: [id.split(".")[0]] }) }),
  });
  made.on("server_error", (_, error) => console.error(error));
  return made;
};

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  let answer = provider(issuer).callback();
  server.on("request", (request, response) => answer(request, response));
  createInterface({ input: process.stdin }).on("line", () => {
    answer = provider(issuer).callback();
    console.log("another key");
  }).on("close", () => process.exit(0));
  console.log(issuer);
});
