// A strict provider of OpenID Connect (npm oidc-provider, which is certified) on a free port of this machine.
// Arguments: the client's secret is in the file SECRET, the redirect URI is URI. Says `ready PORT` and serves
// until its input ends. It demands PKCE, and tells names and addresses at its userinfo endpoint alone.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [packages, secretFile, redirectUri] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(`${packages}/oidc-provider/lib/index.js`).href);

const PEOPLE = {
  "ada-1": { name: "Ada", email: "ada@example.org", email_verified: true },
  "eve-1": { name: "Eve", email: "ada@example.org", email_verified: false },
  "tex-1": { name: "Tex", email: "ada@example.org", email_verified: "true" },
};

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [
      {
        client_id: "client-1",
        client_secret: readFileSync(secretFile, "utf8").trim(),
        redirect_uris: [redirectUri],
        response_types: ["code"],
        grant_types: ["authorization_code"],
        token_endpoint_auth_method: "client_secret_basic",
      },
    ],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
    claims: { profile: ["name"], email: ["email", "email_verified"] },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
    cookies: { keys: ["a key of this test alone"] },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 60, AuthorizationCode: 60, IdToken: 60 },
  });
  server.on("request", provider.callback());
  console.log(`ready ${port}`);
});
process.stdin.on("end", () => process.exit(0));
process.stdin.resume();
