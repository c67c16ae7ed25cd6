// Amp's own client, steered by lines of JSON: {"call": [method, argument...]} on standard input is
// answered on standard output by {"value"}, {"error": a typed error of the client's}, or {"defect":
// text} for an answer that the client cannot decode.
//
// usage: client.mjs MODULES URL      MODULES: a folder with the package and what it needs

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [modules, url] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(`${modules}/node_modules/${file}`));
// The files that the package itself imports: another build of "effect" would not know its services.
const { Admin, ApiError, Model } = await load("@edgeandnode/amp/dist/index.js");
const { Cause, Effect, Exit, ManagedRuntime, Option, Schema } = await load("effect/dist/esm/index.js");
const { FetchHttpClient, HttpApi, HttpApiClient, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } =
  await load("@effect/platform/dist/esm/index.js");

// The published client lacks the call that its successor has for progress. This is that call, with
// the client's own types: a key may be absent but not null, and only the client's statuses decode.
const TableProgress = Schema.Struct({
  tableName: Schema.String.pipe(Schema.propertySignature, Schema.fromKey("table_name")),
  currentBlock: Schema.optional(Schema.Int).pipe(Schema.fromKey("current_block")),
  startBlock: Schema.optional(Schema.Int).pipe(Schema.fromKey("start_block")),
  jobId: Schema.optional(Model.JobId).pipe(Schema.fromKey("job_id")),
  jobStatus: Schema.optional(Model.JobStatus).pipe(Schema.fromKey("job_status")),
  filesCount: Schema.Int.pipe(Schema.propertySignature, Schema.fromKey("files_count")),
  totalSizeBytes: Schema.Int.pipe(Schema.propertySignature, Schema.fromKey("total_size_bytes")),
});
const SyncProgress = Schema.Struct({
  namespace: Model.DatasetNamespace.pipe(Schema.propertySignature, Schema.fromKey("dataset_namespace")),
  name: Model.DatasetName.pipe(Schema.propertySignature, Schema.fromKey("dataset_name")),
  revision: Model.DatasetRevision,
  manifestHash: Model.DatasetHash.pipe(Schema.propertySignature, Schema.fromKey("manifest_hash")),
  tables: Schema.Array(TableProgress),
});
const InvalidPathParams = Schema.Struct({
  code: Schema.Literal("INVALID_PATH_PARAMS").pipe(Schema.propertySignature, Schema.fromKey("error_code")),
  message: Schema.String.pipe(Schema.propertySignature, Schema.fromKey("error_message")),
}).annotations(HttpApiSchema.annotations({ status: 400 }));
const namespace = HttpApiSchema.param("namespace", Schema.String);
const name = HttpApiSchema.param("name", Schema.String);
const revision = HttpApiSchema.param("revision", Schema.String);
const getSyncProgress = HttpApiEndpoint
  .get("getDatasetSyncProgress")`/datasets/${namespace}/${name}/versions/${revision}/sync-progress`
  .addError(ApiError.DatasetNotFound)
  .addError(InvalidPathParams)
  .addSuccess(SyncProgress);
const SyncApi = HttpApi.make("sync").add(HttpApiGroup.make("dataset").add(getSyncProgress));

const getDatasetSyncProgress = (namespace, name, revision) =>
  HttpApiClient.make(SyncApi, { baseUrl: url }).pipe(
    Effect.flatMap((client) => client.dataset.getDatasetSyncProgress({ path: { namespace, name, revision } })),
    Effect.catchTags({ HttpApiDecodeError: Effect.die, ParseError: Effect.die }),
    Effect.provide(FetchHttpClient.layer),
  );

const runtime = ManagedRuntime.make(Admin.layer(url));
const call = (method, ...words) =>
  method === "getDatasetSyncProgress"
    ? getDatasetSyncProgress(...words)
    : Effect.flatMap(Admin.Admin, (admin) => admin[method](...words));

const report = (exit) => {
  if (Exit.isSuccess(exit)) return { value: exit.value ?? null };
  const error = Option.getOrNull(Cause.failureOption(exit.cause));
  if (error === null) return { defect: Cause.pretty(exit.cause) };
  return { error: { type: error.constructor.name, code: error.code, message: error.message } };
};

for await (const line of createInterface({ input: process.stdin })) {
  const exit = await runtime.runPromiseExit(call(...JSON.parse(line).call));
  console.log(JSON.stringify(report(exit)));
}
await runtime.dispose();
