// A program that uses the API with types that are generated from its description: a wrong name or type does not compile.

import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

/** Uses the API of the server at `url` with the tokens of an administrator and of an application, and gives what it has seen. */
export async function use(url: string, token: string, ingestToken: string, fetch: typeof globalThis.fetch) {
  const headers = { authorization: `Bearer ${token}` };
  const client = createClient<paths>({ baseUrl: url, headers, fetch });

  const signedIn = await client.POST("/api/login", { body: { username: "admin", password: "wrong password" } });
  const health = await client.GET("/api/admin/system/health", { params: { query: { detailed: true } } });
  const status: "green" | "yellow" | "red" | undefined = health.data?.data.status;

  const created = await client.POST("/api/admin/rules", {
    body: { id: "generated", name: "Generated", metric: "host_load1", component: "load", comparison: "above", critical: 1e9 },
  });
  const rules = await client.GET("/api/admin/rules");
  const deleted = await client.DELETE("/api/admin/rules/{id}", { params: { path: { id: "generated" } } });

  const silence = await client.POST("/api/admin/silences", {
    body: { matchers: [{ label: "rule", operator: "=", value: "generated" }], author: "Ada", reason: "a test" },
  });
  const id = silence.data?.data.id ?? "";
  const ended = await client.DELETE("/api/admin/silences/{id}", { params: { path: { id } } });

  const report = await client.POST("/api/ingest", {
    headers: { authorization: `Bearer ${ingestToken}` },
    body: { version: 1, app: "generated", routes: [{ route: "/", methods: { GET: { "2xx": 1 } }, durations: [0.1] }] },
  });
  return {
    signIn: signedIn.response.status,
    status,
    created: created.response.status,
    rules: rules.data?.data.map((rule) => rule.id ?? ""),
    deleted: deleted.response.status,
    silence: id,
    ended: ended.response.status,
    report: report.data?.data.app,
  };
}
