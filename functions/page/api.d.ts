// Made from shared/wire/schema by `python -m shared.wire.typescript`: change the models, not this file.

export type ModeKey = "full" | "backupOnly" | "previewOnly";

export type StatusKey = "notRun" | "idle" | "starting" | "inProgress" | "newError" | "pendingAuthentication" | "pendingApproval" | "partiallySucceeded" | "pendingAdminConsent";

export type ActionKey = "create" | "update" | "delete";

export type CauseKey = "person" | "signInDeadline" | "timeLimit" | "approvalDeadline" | "superseded";

export type IncompleteKey = "deploy" | "userAuthentication" | "notRead" | "massRemoval" | "blocked";

export type OutcomeKey = "succeeded" | "rejected" | "reverted" | "expired" | "partiallySucceeded" | "cancelled" | "failed";

export type RoleKey = "Reader" | "Operator" | "Approver" | "Administrator";

export type StageKey = "starting" | "authenticating" | "checkingPermissions" | "backingUp" | "comparing" | "approval" | "deploying" | "tenantApproval" | "settling" | "reporting";

export type DecisionKey = "approve" | "reject" | "rejectAndRevert";

export type SignInKey = "none" | "pending" | "signedIn" | "declined" | "blocked" | "wrongAccount" | "expired";

export type DriftKey = "adopt" | "revert";

/** Narrows a role for this tenant to these users, groups or keys; an empty list narrows nothing. */
export interface Access {
  reader: string[];
  operator: string[];
  approver: string[];
}

/** Who is signed in to a tenant, ahead of any sync. `expired`: the stored sign-in counts no more. */
export interface Account {
  account: string | null;
  state: SignInKey;
  signedInAt: string | null;
}

/** Who started it. */
export interface Actor {
  kind: "person" | "app" | "key" | "schedule" | "service";
  name: string;
}

/** The app registration that reaches the tenant. */
export interface Application {
  /** Null: the service's own app. */
  clientId: string | null;
  credential: Credential;
}

/** Who did what, when, from which client, on which digest. */
export interface Audit {
  id: string;
  at: string;
  who: string;
  via: string;
  action: string;
  tenant: string | null;
  sync: string | null;
  digest: string | null;
  detail: string;
}

/** Newest first. */
export interface AuditList {
  value: Audit[];
  nextLink: string | null;
}

/** The author line of a commit. `kind`: whose credentials brought it; null where nobody noted. */
export interface Author {
  name: string;
  kind: "person" | "app" | "key" | "schedule" | "service" | null;
}

/** Why a change cannot be deployed. */
export interface Blocked {
  code: "unresolvedReference" | "permissionMissing" | "needsUser" | "unchangeable" | "ambiguous" | "protected";
  detail: string;
}

/** In the order asked for. */
export interface Bulk {
  value: BulkEntry[];
}

/** What became of one of them. */
export interface BulkEntry {
  tenant: string;
  /** The HTTP status that this one alone would have had. */
  status: number;
  /** The sync; of a 409, the one in the way. */
  sync: string | null;
  /** The problem document. */
  problem: Record<string, unknown> | null;
}

/** One item's change. */
export interface Change {
  id: string;
  action: ActionKey;
  type: string;
  item: string;
  path: string;
  summary: string;
  conflict: boolean;
  dependsOn: string[];
  /** The other half of a delete-and-create pair. */
  replaces: string | null;
  blocked: Blocked | null;
  result: "applied" | "failed" | "stale" | "skipped" | "notSelected" | null;
  /** The approval request of the tenant's own administrators it waits for. */
  heldBy: string | null;
  error: ChangeError | null;
  properties: Property[];
}

/** Why a change was not applied: a code of Accord's or the service's own. */
export interface ChangeError {
  code: string;
  message: string;
  detail: string;
  requestId: string;
  advice: string;
}

/** The plan's changes in the order of deployment, under its digest. */
export interface ChangeList {
  /** The plan's digest, as the changes were listed with it. */
  digest: string;
  value: Change[];
  nextLink: string | null;
}

/** The faults; none: it can be written. */
export interface Check {
  errors: ItemFault[];
}

/** A commit. */
export interface Commit {
  id: string;
  at: string;
  author: Author;
  pushedBy: Pusher | null;
  message: string;
  /** The sync whose commit it is. */
  sync: string | null;
  /** How many files it changed. */
  files: number;
}

/** Commits, newest first. */
export interface CommitList {
  value: Commit[];
  nextLink: string | null;
  /** How many there are in all; only with `since`. */
  count: number | null;
}

/** What the copy did. `commit` null and no files: everything was so already. */
export interface Copy {
  commit: string | null;
  /** Files that the commit changes. */
  files: number;
  unresolved: MissingReference[];
}

/** Rows listed, and items that are counted only. */
export interface Counts {
  rows: number;
  unchanged: number;
}

/** How the application proves itself: `default` is what the service itself is set up with. */
export interface Credential {
  kind: "default" | "certificate" | "secret" | "federated";
  /** The name of the secret or certificate in the Key Vault, never the secret. */
  keyVaultName: string | null;
}

/** The decision that stands. */
export interface Decision {
  decision: DecisionKey;
  by: string;
  decidedBy: string | null;
  at: string;
  comment: string;
  changes: string[] | null;
  /** The plan's digest, as the changes were listed with it. */
  digest: string;
  /** The client: app id, key name, `page`, `git` or `schedule`. */
  via: string;
}

/** What became of the approved changes. */
export interface Deploy {
  applied: number;
  failed: number;
  stale: number;
  skipped: number;
}

/** An item that differs. */
export interface Difference {
  path: string;
  type: string;
  workload: string;
  name: string;
  action: ActionKey;
  properties: DifferingProperty[];
  /** Why its files cannot be compared. */
  fault: string | null;
}

/** What leads from one commit to the other, by path. A page may hold fewer than asked for. */
export interface DifferenceList {
  value: Difference[];
  nextLink: string | null;
  /** The first commit. */
  from: string | null;
  /** The second commit. */
  to: string | null;
}

/** One property at either point; `from` or `to` is left out where there is none. */
export interface DifferingProperty {
  path: string;
  change: "added" | "changed" | "removed";
  from?: unknown;
  to?: unknown;
}

/** What the backup adopted, in items. */
export interface Drift {
  added: number;
  changed: number;
  removed: number;
  commit: string | null;
}

/** A stable code with its advice. `status`: of a refused request; null for errors of syncs and changes. */
export interface Error {
  code: string;
  of: "request" | "sync" | "change" | "blocked";
  status: number | null;
  title: string;
  advice: string;
}

/** Every code. */
export interface ErrorList {
  value: Error[];
  nextLink: string | null;
}

/** A file that could not be read, whose item was left alone. */
export interface Fault {
  file: string;
  line: number | null;
  reason: string;
}

/** A fault of one field, as a JSON pointer into the body or a query parameter's name. */
export interface FieldFault {
  field: string;
  detail: string;
  /** Of an item that is refused: the same as `field`. */
  path?: string | null;
  /** Of an item: the same as `detail`. */
  message?: string | null;
  /** Of an item: which of its files. */
  file?: string | null;
  line?: number | null;
}

/** Whether the service and what it stands on answer. */
export interface Health {
  status: "healthy" | "unhealthy";
  checks: Record<string, boolean>;
}

/** One item as its files hold it. */
export interface Item {
  path: string;
  type: string;
  workload: string;
  name: string;
  blob: string;
  ref: string | null;
  /** The JSON file; null where it cannot be read. */
  content: Record<string, unknown> | null;
  /** The same file as it is written. */
  text: string;
  /** Long texts that lie beside it, such as scripts, by file name. */
  beside: Record<string, string>;
}

/** An item in a list. */
export interface ItemEntry {
  path: string;
  type: string;
  workload: string;
  name: string;
  /** Changes with the item; what `If-Match` takes. */
  blob: string;
  /** Bytes of all its files. */
  size: number;
}

/** Why an item is refused. */
export interface ItemFault {
  /** A JSON pointer into the file; empty where none is known. */
  path: string;
  message: string;
  file: string;
  line: number | null;
}

/** The items at one commit, by path. */
export interface ItemList {
  value: ItemEntry[];
  nextLink: string | null;
  /** The commit; null before the first. */
  ref: string | null;
}

/** A function key, without the key. */
export interface Key {
  id: string;
  name: string;
  role: RoleKey;
  tenants: string[] | null;
  expiresAt: string | null;
  createdAt: string;
  createdBy: string;
}

/** Every key. */
export interface KeyList {
  value: Key[];
  nextLink: string | null;
}

/** How the newest ended sync ended. */
export interface LastSync {
  id: string;
  outcome: OutcomeKey;
  incomplete: IncompleteKey[];
  endedAt: string;
  error: SyncError | null;
}

/** A file that a revert left to the later commit that changed it again. */
export interface Left {
  file: string;
  commit: string;
}

/** Who calls, and what they may do: the page offers nothing else. */
export interface Me {
  name: string;
  kind: "person" | "app" | "key";
  /** With what they include; none: nothing is allowed. */
  roles: RoleKey[];
  /** The only tenants in reach; null: all. */
  tenants: string[] | null;
  /** The tenants whose `access` leaves the caller other roles than `roles`. */
  narrowed: Record<string, RoleKey[]>;
}

/** A reference to what this tenant does not have. */
export interface MissingReference {
  path: string;
  type: string;
  name: string;
  /** As it stands in the file. */
  reference: string;
}

/** The only answer that holds the key itself. */
export interface NewKey {
  id: string;
  name: string;
  role: RoleKey;
  tenants: string[] | null;
  expiresAt: string | null;
  createdAt: string;
  createdBy: string;
  key: string;
}

/** A type that was not read. `counted`: it should have been readable. */
export interface NotRead {
  type: string;
  reason: string;
  counted: boolean;
}

/** The plan that waits for a decision. */
export interface PendingPlan {
  sync: string;
  /** The plan's digest, as the changes were listed with it. */
  digest: string;
  changes: number;
  deletions: number;
  conflicts: number;
  blocked: number;
  expiresAt: string | null;
}

/** One permission that the tenant's types need, and how it stands. */
export interface Permission {
  id: string;
  /** Microsoft Graph's own name for it. */
  name: string;
  kind: "application" | "delegated";
  /** Whether types need it to be read at all. */
  access: "read" | "write";
  state: "granted" | "required" | "ignored" | "propagating";
  /** A newer catalog needs it, and nobody has granted it yet. */
  updated: boolean;
  /** It only gives names to objects that items refer to. */
  optional: boolean;
  types: string[];
  /** Null: nobody has looked yet. */
  checkedAt: string | null;
}

/** Every permission, by kind and name. */
export interface PermissionList {
  value: Permission[];
  /** Where an administrator of the tenant grants them all; good once. */
  adminConsentUrl: string | null;
}

/** The plan in numbers. */
export interface Plan {
  /** The plan's digest, as the changes were listed with it. */
  digest: string;
  changes: number;
  deletions: number;
  conflicts: number;
  blocked: number;
  expiresAt: string | null;
  /** An earlier sync whose plan had this digest. */
  sameAs: string | null;
  /** Where `main` stood when the plan was made of it. */
  commit: string | null;
}

/** RFC 9457: what went wrong and, in `detail`, what to do next. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  /** Only with faults of fields. */
  errors?: FieldFault[];
}

/** How far the stage is. */
export interface Progress {
  typesDone: number;
  typesTotal: number;
  items: number;
  changesDone: number;
  changesTotal: number;
}

export interface Property {
}

/** Whose credentials brought a commit. */
export interface Pusher {
  name: string;
  kind: "person" | "app" | "key" | "schedule" | "service";
  via: string;
}

/** What a sync found and did. */
export interface Report {
  sync: string;
  tenant: string;
  displayName: string;
  mode: ModeKey;
  comment: string;
  startedBy: Actor;
  startedAt: string;
  endedAt: string | null;
  outcome: OutcomeKey | null;
  cause: CauseKey | null;
  incomplete: IncompleteKey[];
  drift: Drift;
  deploy: Deploy;
  plan: ReportPlan | null;
  decision: Decision | null;
  error: SyncError | null;
  counts: Counts;
  rows: Row[];
  notRead: Unread[];
  unresolved: Unresolved[];
  faults: Fault[];
  left: Left[];
}

/** The plan in numbers. */
export interface ReportPlan {
  /** The plan's digest, as the changes were listed with it. */
  digest: string;
  changes: number;
  deletions: number;
  conflicts: number;
  blocked: number;
  expiresAt: string | null;
}

/** One property that changed. An absent value has no member at all; null is a value. */
export interface Row {
  action: "backup" | "preview" | "deploy";
  type: string;
  item: string;
  /** JSON pointer of the property; empty for the item as a whole. */
  path: string;
  base?: unknown;
  tenant?: unknown;
  repository?: unknown;
  change: "added" | "changed" | "removed" | "skipped" | "failed" | "stale" | "blocked";
  conflict: boolean;
  error: RowError | null;
  /** The item's file in the repository. */
  file: string;
}

/** Why a change was not applied, or is blocked. */
export interface RowError {
  code: string;
  message: string;
  detail: string;
  requestId: string;
  advice: string;
}

/** When syncs start by themselves. */
export interface Schedule {
  enabled: boolean;
  /** Five cron fields, read in `timeZone`. */
  cron: string;
  /** An IANA time zone. */
  timeZone: string;
}

/** Everything an administrator decides about one tenant. */
export interface Settings {
  authentication: "servicePrincipal" | "servicePrincipalAndUser";
  onSignInTimeout: "cancel" | "continue";
  signInTimeout: string;
  approvalTimeout: string;
  syncTimeout: string;
  tenantApprovalTimeout: string;
  schedule: Schedule;
  types: Types;
  /** For all types, or by type, with `*` for the others. */
  drift: DriftKey | Record<string, DriftKey>;
  /** Patterns of item paths that are never written. */
  protected: string[];
  requireSecondPerson: boolean;
  access: Access;
  cloud: "global" | "usGov" | "usGovDoD" | "china";
  application: Application;
}

/** The code to sign in with, for callers who may operate the tenant. */
export interface SignIn {
  /** Null where the app may not use device codes. */
  userCode: string | null;
  verificationUri: string | null;
  signInUrl: string | null;
  expiresAt: string;
  notice: string | null;
}

/** How a sign-in stands. */
export interface SignInState {
  state: SignInKey;
}

/** A sync. */
export interface Sync {
  id: string;
  tenant: string;
  status: StatusKey;
  stage: StageKey | null;
  mode: ModeKey;
  comment: string;
  startedBy: Actor;
  startedAt: string;
  endedAt: string | null;
  webUrl: string;
  progress: Progress;
  outcome: OutcomeKey | null;
  cause: CauseKey | null;
  incomplete: IncompleteKey[];
  drift: Drift;
  deploy: Deploy;
  authentication: SignIn | null;
  plan: Plan | null;
  decision: Decision | null;
  notRead: NotRead[];
  error: SyncError | null;
}

/** What stopped a sync. `text` is for a ticket. */
export interface SyncError {
  code: string;
  message: string;
  operation: string;
  detail: string;
  requestId: string;
  advice: string;
  text: string;
}

/** Syncs, newest first. */
export interface SyncList {
  value: Sync[];
  nextLink: string | null;
}

/** A tenant. */
export interface Tenant {
  /** A tenant's id. */
  id: string;
  displayName: string;
  entraTenantId: string;
  status: StatusKey;
  /** What people read, in the language of `Accept-Language`. */
  statusLabel: string;
  statusSince: string | null;
  activeSync: string | null;
  lastSync: LastSync | null;
  nextSyncAt: string | null;
  webUrl: string;
  pendingPlan: PendingPlan | null;
  /** Repository and tenant differed so often when last compared. */
  changesWaiting: number;
  permissionsRequired: number;
  settings: Settings;
}

/** Tenants, ordered by id. */
export interface TenantList {
  value: Tenant[];
  nextLink: string | null;
}

/** The next times of a schedule. */
export interface TimeList {
  value: string[];
}

/** A value over 8 kB in a list; whole in `/changes/{change}`. */
export interface TruncatedValue {
  truncated: true;
  bytes: number;
  /** Its beginning. */
  text: string;
}

/** A configuration type of the catalog. */
export interface Type {
  key: string;
  workload: string;
  /** In the language of `Accept-Language`. */
  title: string;
  kind: "collection" | "singleton";
  creatable: boolean;
  deletable: boolean;
  /** Application permissions a read needs. */
  read: string[];
  /** Application permissions a write needs. */
  write: string[];
}

/** The catalog, under the version that digests cover. */
export interface TypeList {
  value: Type[];
  catalog: string;
  nextLink: string | null;
}

/** Which types a sync reads: keys, or patterns with `*`; what is excluded wins. */
export interface Types {
  include: string[];
  exclude: string[];
}

/** A type that was not read. `names`: for a held type, the items that are gone. */
export interface Unread {
  type: string;
  reason: string;
  counted: boolean;
  detail: string;
  requestId: string;
  names: string[];
}

/** A reference that keeps its id, since nothing tells what it names. */
export interface Unresolved {
  file: string;
  to: string;
  value: string;
  why: string;
}

/** An item that was written. Nothing to change: `commit` is where `main` stood already. */
export interface WrittenItem {
  path: string;
  type: string;
  workload: string;
  name: string;
  blob: string;
  ref: string | null;
  /** The JSON file; null where it cannot be read. */
  content: Record<string, unknown> | null;
  /** The same file as it is written. */
  text: string;
  /** Long texts that lie beside it, such as scripts, by file name. */
  beside: Record<string, string>;
  commit: string | null;
}

/** Narrows a role for this tenant to these users, groups or keys; an empty list narrows nothing. */
export interface AccessBody {
  reader?: string[];
  operator?: string[];
  approver?: string[];
}

/** The app registration that reaches the tenant. */
export interface ApplicationBody {
  /** Null: the service's own app. */
  clientId?: string | null;
  credential?: CredentialBody;
}

/** One decision of many. */
export interface BulkDecision {
  decision: DecisionKey;
  /** The plan's digest, as the changes were listed with it. */
  digest: string;
  comment?: string | null;
  /** Only these changes; the others stay pending. Not with `reject`. */
  changes?: string[] | null;
  /** Needed where a chosen change deletes. */
  confirmDeletions?: boolean;
  /** The user a flow decides for, by their id in the directory. */
  decidedBy?: string | null;
  /** A tenant's id. */
  tenant: string;
  /** A sync's id. */
  sync: string;
}

/** Decisions, each on the plan that it names. */
export interface BulkDecisionsBody {
  decisions: BulkDecision[];
}

/** Syncs to start: of the tenants named, of all, or of those that a filter finds. */
export interface BulkSyncsBody {
  tenants?: string[] | null;
  all?: boolean;
  filter?: FilterBody | null;
  mode?: ModeKey;
  types?: string[] | null;
  comment?: string | null;
  supersede?: boolean;
}

/** Why. */
export interface CancelBody {
  comment?: string | null;
}

/** An item to check as a write would, without writing it. */
export interface CheckBody {
  /** An item's file: `<workload>/<type>/<name>.json`. */
  path: string;
  content: Record<string, unknown>;
}

/** Items to make as they are elsewhere. */
export interface CopyBody {
  from: SourceBody;
  /** Items, or folders with a slash at the end; null for all. */
  paths?: string[] | null;
  comment?: string | null;
}

/** How the application proves itself: `default` is what the service itself is set up with. */
export interface CredentialBody {
  kind?: "default" | "certificate" | "secret" | "federated";
  /** The name of the secret or certificate in the Key Vault, never the secret. */
  keyVaultName?: string | null;
}

/** What is to become of the plan with this digest. */
export interface DecisionBody {
  decision: DecisionKey;
  /** The plan's digest, as the changes were listed with it. */
  digest: string;
  comment?: string | null;
  /** Only these changes; the others stay pending. Not with `reject`. */
  changes?: string[] | null;
  /** Needed where a chosen change deletes. */
  confirmDeletions?: boolean;
  /** The user a flow decides for, by their id in the directory. */
  decidedBy?: string | null;
}

/** Tenants as `GET /tenants` finds them. */
export interface FilterBody {
  /** Any of these. */
  status?: StatusKey[] | null;
  search?: string;
}

/** A function key to make. */
export interface KeyBody {
  name: string;
  role: RoleKey;
  /** The only tenants it reaches; all without. */
  tenants?: string[] | null;
  expiresAt?: string | null;
}

/** When syncs start by themselves. */
export interface ScheduleBody {
  enabled?: boolean;
  /** Five cron fields, read in `timeZone`. */
  cron?: string;
  /** An IANA time zone. */
  timeZone?: string;
}

/** Everything an administrator decides about one tenant. */
export interface SettingsBody {
  authentication?: "servicePrincipal" | "servicePrincipalAndUser";
  onSignInTimeout?: "cancel" | "continue";
  signInTimeout?: string;
  approvalTimeout?: string;
  syncTimeout?: string;
  tenantApprovalTimeout?: string;
  schedule?: ScheduleBody;
  types?: TypesBody;
  /** For all types, or by type, with `*` for the others. */
  drift?: DriftKey | Record<string, DriftKey>;
  /** Patterns of item paths that are never written. */
  protected?: string[];
  requireSecondPerson?: boolean;
  access?: AccessBody;
  cloud?: "global" | "usGov" | "usGovDoD" | "china";
  application?: ApplicationBody;
}

/** Where items are copied from. */
export interface SourceBody {
  tenant?: string | null;
  /** `main`, `tenant`, a tag, or a commit's id. */
  ref: string;
}

/** What a start may ask for; all of it may be left out. */
export interface StartBody {
  comment?: string | null;
  /** Only these types, of those the tenant includes. */
  types?: string[] | null;
  mode?: ModeKey;
  /** End a sync that waits for approval and start anew. */
  supersede?: boolean;
  /** Types of which unusually many objects may be gone. */
  confirmRemovals?: string[] | null;
  /** How long the operation at `Location` answers 202. */
  until?: "attention" | "end";
}

/** A tenant as an administrator writes it; what is left out of the settings has its default. */
export interface TenantBody {
  displayName: string;
  /** The directory's id in Microsoft Entra ID. */
  entraTenantId: string;
  settings?: SettingsBody;
}

/** Which types a sync reads: keys, or patterns with `*`; what is excluded wins. */
export interface TypesBody {
  include?: string[];
  exclude?: string[];
}
