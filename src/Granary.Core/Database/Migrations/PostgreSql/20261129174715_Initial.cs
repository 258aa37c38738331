using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Granary.Core.Database.Migrations.PostgreSql
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "access_keys",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    user_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    sealed_secret = table.Column<byte[]>(type: "bytea", nullable: false),
                    active = table.Column<bool>(type: "boolean", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    last_used_at = table.Column<long>(type: "bigint", nullable: true),
                    last_used_service = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    last_used_region = table.Column<string>(type: "text", nullable: true, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_access_keys", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "accounts",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    revision = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_accounts", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "allowed_repositories",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    group_id = table.Column<long>(type: "bigint", nullable: false),
                    restriction = table.Column<string>(type: "text", nullable: false),
                    repository_id = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_allowed_repositories", x => new { x.domain_id, x.group_id, x.restriction, x.repository_id });
                });

            migrationBuilder.CreateTable(
                name: "api_destinations",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    description = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    connection = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    connection_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    invocation_endpoint = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    http_method = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    invocation_rate_limit_per_second = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    modified_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_api_destinations", x => new { x.account_id, x.name });
                });

            migrationBuilder.CreateTable(
                name: "archived_events",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    archive_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<long>(type: "bigint", nullable: false),
                    at = table.Column<long>(type: "bigint", nullable: false),
                    order_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    @event = table.Column<string>(name: "event", type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_archived_events", x => new { x.account_id, x.archive_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "asset_tombstones",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    generation = table.Column<long>(type: "bigint", nullable: false),
                    removed = table.Column<long>(type: "bigint", nullable: false),
                    doomed_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_asset_tombstones", x => new { x.domain_id, x.sha256 });
                });

            migrationBuilder.CreateTable(
                name: "assets",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    size = table.Column<long>(type: "bigint", nullable: false),
                    md5 = table.Column<byte[]>(type: "bytea", nullable: false),
                    sha1 = table.Column<byte[]>(type: "bytea", nullable: false),
                    sha512 = table.Column<byte[]>(type: "bytea", nullable: false),
                    stored_at = table.Column<long>(type: "bigint", nullable: false),
                    generation = table.Column<long>(type: "bigint", nullable: false),
                    orphaned_at = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_assets", x => new { x.domain_id, x.sha256 });
                });

            migrationBuilder.CreateTable(
                name: "changes",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    at = table.Column<long>(type: "bigint", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    actor = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    repository_id = table.Column<long>(type: "bigint", nullable: true),
                    repository = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    administrator = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    format = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    @namespace = table.Column<string>(name: "namespace", type: "text", nullable: true, collation: "C"),
                    package = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    version = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    status = table.Column<string>(type: "text", nullable: true),
                    revision = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    assets_added = table.Column<int>(type: "integer", nullable: false),
                    assets_removed = table.Column<int>(type: "integer", nullable: false),
                    metadata_updated = table.Column<bool>(type: "boolean", nullable: false),
                    status_changed = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_changes", x => new { x.domain_id, x.sequence });
                });

            migrationBuilder.CreateTable(
                name: "dead_letters",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    bus = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    rule = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    target = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    order_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    @event = table.Column<string>(name: "event", type: "text", nullable: false, collation: "C"),
                    accepted_at = table.Column<long>(type: "bigint", nullable: false),
                    dead_at = table.Column<long>(type: "bigint", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    is_wanted = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_dead_letters", x => new { x.account_id, x.bus, x.rule, x.target, x.id });
                });

            migrationBuilder.CreateTable(
                name: "domain_keys",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    key_arn = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    context = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    wrapped = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_domain_keys", x => x.domain_id);
                });

            migrationBuilder.CreateTable(
                name: "domains",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    owner = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    encryption_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    configuration_sequence = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_domains", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "download_counts",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    repository = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    format = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    @namespace = table.Column<string>(name: "namespace", type: "text", nullable: false, collation: "C"),
                    package = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    version = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    asset = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    count = table.Column<long>(type: "bigint", nullable: false),
                    last_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_download_counts", x => new { x.domain_id, x.repository, x.format, x.@namespace, x.package, x.version, x.asset });
                });

            migrationBuilder.CreateTable(
                name: "encryption_keys",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    arn = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    alias = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    is_enabled = table.Column<bool>(type: "boolean", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    sealed_key = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_encryption_keys", x => new { x.account_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "event_archives",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    bus = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    description = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    pattern = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    retention_days = table.Column<int>(type: "integer", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    event_count = table.Column<long>(type: "bigint", nullable: false),
                    size_bytes = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_event_archives", x => new { x.account_id, x.name });
                });

            migrationBuilder.CreateTable(
                name: "event_buses",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    modified_at = table.Column<long>(type: "bigint", nullable: false),
                    description = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    policy = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    policy_principal_ids = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    settings = table.Column<string>(type: "text", nullable: true, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_event_buses", x => new { x.account_id, x.name });
                });

            migrationBuilder.CreateTable(
                name: "event_connections",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    authorization_type = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    state = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    description = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    sealed_parameters = table.Column<byte[]>(type: "bytea", nullable: true),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    modified_at = table.Column<long>(type: "bigint", nullable: false),
                    authorized_at = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_event_connections", x => new { x.account_id, x.name });
                });

            migrationBuilder.CreateTable(
                name: "event_cursors",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    owner = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    domain = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    reached = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_event_cursors", x => x.domain_id);
                });

            migrationBuilder.CreateTable(
                name: "event_deliveries",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    bus = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    rule = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    target = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<long>(type: "bigint", nullable: false),
                    order_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    @event = table.Column<string>(name: "event", type: "text", nullable: false, collation: "C"),
                    hops = table.Column<int>(type: "integer", nullable: false),
                    accepted_at = table.Column<long>(type: "bigint", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    due_at = table.Column<long>(type: "bigint", nullable: false),
                    last_error = table.Column<string>(type: "text", nullable: true, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_event_deliveries", x => new { x.account_id, x.bus, x.rule, x.target, x.id });
                });

            migrationBuilder.CreateTable(
                name: "event_replays",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    description = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    archive = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    archive_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    bus = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    filter_arns = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    state = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    state_reason = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    from = table.Column<long>(type: "bigint", nullable: false),
                    to = table.Column<long>(type: "bigint", nullable: false),
                    reached = table.Column<long>(type: "bigint", nullable: false),
                    last_replayed_at = table.Column<long>(type: "bigint", nullable: true),
                    started_at = table.Column<long>(type: "bigint", nullable: false),
                    ended_at = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_event_replays", x => new { x.account_id, x.name });
                });

            migrationBuilder.CreateTable(
                name: "event_rules",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    bus = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    state = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    pattern = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    description = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    role_arn = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    created_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_event_rules", x => new { x.account_id, x.bus, x.name });
                });

            migrationBuilder.CreateTable(
                name: "event_tags",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    resource = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    value = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_event_tags", x => new { x.account_id, x.resource, x.key });
                });

            migrationBuilder.CreateTable(
                name: "event_targets",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    bus = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    rule = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    arn = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    role_arn = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    input = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    input_path = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    input_transformer = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    settings = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_event_targets", x => new { x.account_id, x.bus, x.rule, x.id });
                });

            migrationBuilder.CreateTable(
                name: "group_members",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    group_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    user_id = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_group_members", x => new { x.account_id, x.group_id, x.user_id });
                });

            migrationBuilder.CreateTable(
                name: "identities",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    kind = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    path = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    boundary_arn = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    trust_policy = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    trust_principal_ids = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    description = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    max_session_seconds = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identities", x => new { x.account_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "identity_providers",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    issuer = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    client_ids = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    thumbprints = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    created_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_providers", x => new { x.account_id, x.name });
                });

            migrationBuilder.CreateTable(
                name: "identity_tags",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    resource_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    value = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_tags", x => new { x.account_id, x.resource_id, x.key });
                });

            migrationBuilder.CreateTable(
                name: "incoming_events",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    bus = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    hops = table.Column<int>(type: "integer", nullable: false),
                    @event = table.Column<string>(name: "event", type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_incoming_events", x => new { x.account_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "inline_policies",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    identity_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    document = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_inline_policies", x => new { x.account_id, x.identity_id, x.name });
                });

            migrationBuilder.CreateTable(
                name: "job_leases",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    owner = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    expires_at = table.Column<long>(type: "bigint", nullable: false),
                    cursor = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    elapsed = table.Column<long>(type: "bigint", nullable: false),
                    seen_at = table.Column<long>(type: "bigint", nullable: false),
                    finished_at = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_job_leases", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "managed_policies",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    path = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    description = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    updated_at = table.Column<long>(type: "bigint", nullable: false),
                    default_version = table.Column<int>(type: "integer", nullable: false),
                    last_version = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_managed_policies", x => new { x.account_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "managed_policy_versions",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    policy_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    number = table.Column<int>(type: "integer", nullable: false),
                    document = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    created_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_managed_policy_versions", x => new { x.account_id, x.policy_id, x.number });
                });

            migrationBuilder.CreateTable(
                name: "metric_rollups",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    domain_name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    facet = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    metric = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    seconds = table.Column<int>(type: "integer", nullable: false),
                    starts_at = table.Column<long>(type: "bigint", nullable: false),
                    repository = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    facet_value = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    sum = table.Column<long>(type: "bigint", nullable: false),
                    samples = table.Column<long>(type: "bigint", nullable: false),
                    minimum = table.Column<long>(type: "bigint", nullable: false),
                    maximum = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_metric_rollups", x => new { x.account_id, x.domain_name, x.facet, x.metric, x.seconds, x.starts_at, x.repository, x.facet_value });
                });

            migrationBuilder.CreateTable(
                name: "package_groups",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    id = table.Column<long>(type: "bigint", nullable: false),
                    pattern = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    contact_info = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    description = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    publish = table.Column<string>(type: "text", nullable: false),
                    external_upstream = table.Column<string>(type: "text", nullable: false),
                    internal_upstream = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_package_groups", x => new { x.domain_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "package_tags",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    package_id = table.Column<long>(type: "bigint", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    version = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_package_tags", x => new { x.domain_id, x.package_id, x.name });
                });

            migrationBuilder.CreateTable(
                name: "package_versions",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    id = table.Column<long>(type: "bigint", nullable: false),
                    package_id = table.Column<long>(type: "bigint", nullable: false),
                    version = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    status = table.Column<string>(type: "text", nullable: false),
                    revision = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    origin_repository = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    origin_connection = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    published_at = table.Column<long>(type: "bigint", nullable: false),
                    summary = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    manifest = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_package_versions", x => new { x.domain_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "packages",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    id = table.Column<long>(type: "bigint", nullable: false),
                    repository_id = table.Column<long>(type: "bigint", nullable: false),
                    format = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    @namespace = table.Column<string>(name: "namespace", type: "text", nullable: false, collation: "C"),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    allow_publish = table.Column<bool>(type: "boolean", nullable: false),
                    allow_upstream = table.Column<bool>(type: "boolean", nullable: false),
                    stamp = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_packages", x => new { x.domain_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "policy_attachments",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    identity_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    policy_arn = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    attached_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_policy_attachments", x => new { x.account_id, x.identity_id, x.policy_arn });
                });

            migrationBuilder.CreateTable(
                name: "repositories",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    id = table.Column<long>(type: "bigint", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    administrator = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    description = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    external_connection = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    created_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_repositories", x => new { x.domain_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "repository_upstreams",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    repository_id = table.Column<long>(type: "bigint", nullable: false),
                    position = table.Column<int>(type: "integer", nullable: false),
                    upstream_id = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_repository_upstreams", x => new { x.domain_id, x.repository_id, x.position });
                });

            migrationBuilder.CreateTable(
                name: "resource_policies",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    resource_id = table.Column<long>(type: "bigint", nullable: false),
                    document = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    principal_ids = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    revision = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_resource_policies", x => new { x.domain_id, x.resource_id });
                });

            migrationBuilder.CreateTable(
                name: "resource_tags",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    resource_id = table.Column<long>(type: "bigint", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    value = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_resource_tags", x => new { x.domain_id, x.resource_id, x.key });
                });

            migrationBuilder.CreateTable(
                name: "revoked_tokens",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    expires_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_revoked_tokens", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "source_documents",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    connection = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    path = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    storage_key = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    e_tag = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    last_modified = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    checked_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_source_documents", x => new { x.domain_id, x.connection, x.path });
                });

            migrationBuilder.CreateTable(
                name: "stray_keys",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    noticed_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_stray_keys", x => new { x.domain_id, x.key });
                });

            migrationBuilder.CreateTable(
                name: "trail_segments",
                columns: table => new
                {
                    trail_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    number = table.Column<long>(type: "bigint", nullable: false),
                    first_at = table.Column<long>(type: "bigint", nullable: false),
                    last_at = table.Column<long>(type: "bigint", nullable: false),
                    records = table.Column<int>(type: "integer", nullable: false),
                    accounts = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    mac = table.Column<byte[]>(type: "bytea", nullable: false),
                    body = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_trail_segments", x => new { x.trail_id, x.number });
                });

            migrationBuilder.CreateTable(
                name: "trails",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    count = table.Column<long>(type: "bigint", nullable: false),
                    head = table.Column<byte[]>(type: "bytea", nullable: false),
                    first = table.Column<long>(type: "bigint", nullable: false),
                    floor = table.Column<byte[]>(type: "bytea", nullable: false),
                    mac = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_trails", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "version_assets",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    version_id = table.Column<long>(type: "bigint", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    size = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_version_assets", x => new { x.domain_id, x.version_id, x.name });
                });

            migrationBuilder.CreateTable(
                name: "version_readmes",
                columns: table => new
                {
                    domain_id = table.Column<long>(type: "bigint", nullable: false),
                    version_id = table.Column<long>(type: "bigint", nullable: false),
                    text = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_version_readmes", x => new { x.domain_id, x.version_id });
                });

            migrationBuilder.CreateIndex(
                name: "IX_access_keys_account_id_user_id",
                table: "access_keys",
                columns: new[] { "account_id", "user_id" });

            migrationBuilder.CreateIndex(
                name: "IX_allowed_repositories_domain_id_repository_id",
                table: "allowed_repositories",
                columns: new[] { "domain_id", "repository_id" });

            migrationBuilder.CreateIndex(
                name: "IX_archived_events_account_id_archive_id_at_id",
                table: "archived_events",
                columns: new[] { "account_id", "archive_id", "at", "id" });

            migrationBuilder.CreateIndex(
                name: "IX_asset_tombstones_domain_id",
                table: "asset_tombstones",
                column: "domain_id",
                filter: "removed < generation");

            migrationBuilder.CreateIndex(
                name: "IX_dead_letters_id",
                table: "dead_letters",
                column: "id",
                filter: "is_wanted");

            migrationBuilder.CreateIndex(
                name: "IX_domains_owner_name",
                table: "domains",
                columns: new[] { "owner", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_encryption_keys_account_id_alias",
                table: "encryption_keys",
                columns: new[] { "account_id", "alias" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_event_deliveries_account_id_bus_rule_target_order_key_id",
                table: "event_deliveries",
                columns: new[] { "account_id", "bus", "rule", "target", "order_key", "id" });

            migrationBuilder.CreateIndex(
                name: "IX_group_members_account_id_user_id",
                table: "group_members",
                columns: new[] { "account_id", "user_id" });

            migrationBuilder.CreateIndex(
                name: "IX_identities_account_id_kind_name_key",
                table: "identities",
                columns: new[] { "account_id", "kind", "name_key" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_managed_policies_account_id_name_key",
                table: "managed_policies",
                columns: new[] { "account_id", "name_key" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_package_groups_domain_id_pattern",
                table: "package_groups",
                columns: new[] { "domain_id", "pattern" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_package_versions_domain_id_package_id_published_at_version",
                table: "package_versions",
                columns: new[] { "domain_id", "package_id", "published_at", "version" });

            migrationBuilder.CreateIndex(
                name: "IX_package_versions_domain_id_package_id_version",
                table: "package_versions",
                columns: new[] { "domain_id", "package_id", "version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_packages_domain_id_format_namespace_name_repository_id",
                table: "packages",
                columns: new[] { "domain_id", "format", "namespace", "name", "repository_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_packages_domain_id_repository_id_format_namespace_name",
                table: "packages",
                columns: new[] { "domain_id", "repository_id", "format", "namespace", "name" });

            migrationBuilder.CreateIndex(
                name: "IX_policy_attachments_account_id_policy_arn",
                table: "policy_attachments",
                columns: new[] { "account_id", "policy_arn" });

            migrationBuilder.CreateIndex(
                name: "IX_repositories_administrator_domain_id_name",
                table: "repositories",
                columns: new[] { "administrator", "domain_id", "name" });

            migrationBuilder.CreateIndex(
                name: "IX_repositories_domain_id_name",
                table: "repositories",
                columns: new[] { "domain_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_source_documents_domain_id_storage_key",
                table: "source_documents",
                columns: new[] { "domain_id", "storage_key" });

            migrationBuilder.CreateIndex(
                name: "IX_trail_segments_last_at_trail_id_number",
                table: "trail_segments",
                columns: new[] { "last_at", "trail_id", "number" });

            migrationBuilder.CreateIndex(
                name: "IX_version_assets_domain_id_sha256",
                table: "version_assets",
                columns: new[] { "domain_id", "sha256" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "access_keys");

            migrationBuilder.DropTable(
                name: "accounts");

            migrationBuilder.DropTable(
                name: "allowed_repositories");

            migrationBuilder.DropTable(
                name: "api_destinations");

            migrationBuilder.DropTable(
                name: "archived_events");

            migrationBuilder.DropTable(
                name: "asset_tombstones");

            migrationBuilder.DropTable(
                name: "assets");

            migrationBuilder.DropTable(
                name: "changes");

            migrationBuilder.DropTable(
                name: "dead_letters");

            migrationBuilder.DropTable(
                name: "domain_keys");

            migrationBuilder.DropTable(
                name: "domains");

            migrationBuilder.DropTable(
                name: "download_counts");

            migrationBuilder.DropTable(
                name: "encryption_keys");

            migrationBuilder.DropTable(
                name: "event_archives");

            migrationBuilder.DropTable(
                name: "event_buses");

            migrationBuilder.DropTable(
                name: "event_connections");

            migrationBuilder.DropTable(
                name: "event_cursors");

            migrationBuilder.DropTable(
                name: "event_deliveries");

            migrationBuilder.DropTable(
                name: "event_replays");

            migrationBuilder.DropTable(
                name: "event_rules");

            migrationBuilder.DropTable(
                name: "event_tags");

            migrationBuilder.DropTable(
                name: "event_targets");

            migrationBuilder.DropTable(
                name: "group_members");

            migrationBuilder.DropTable(
                name: "identities");

            migrationBuilder.DropTable(
                name: "identity_providers");

            migrationBuilder.DropTable(
                name: "identity_tags");

            migrationBuilder.DropTable(
                name: "incoming_events");

            migrationBuilder.DropTable(
                name: "inline_policies");

            migrationBuilder.DropTable(
                name: "job_leases");

            migrationBuilder.DropTable(
                name: "managed_policies");

            migrationBuilder.DropTable(
                name: "managed_policy_versions");

            migrationBuilder.DropTable(
                name: "metric_rollups");

            migrationBuilder.DropTable(
                name: "package_groups");

            migrationBuilder.DropTable(
                name: "package_tags");

            migrationBuilder.DropTable(
                name: "package_versions");

            migrationBuilder.DropTable(
                name: "packages");

            migrationBuilder.DropTable(
                name: "policy_attachments");

            migrationBuilder.DropTable(
                name: "repositories");

            migrationBuilder.DropTable(
                name: "repository_upstreams");

            migrationBuilder.DropTable(
                name: "resource_policies");

            migrationBuilder.DropTable(
                name: "resource_tags");

            migrationBuilder.DropTable(
                name: "revoked_tokens");

            migrationBuilder.DropTable(
                name: "source_documents");

            migrationBuilder.DropTable(
                name: "stray_keys");

            migrationBuilder.DropTable(
                name: "trail_segments");

            migrationBuilder.DropTable(
                name: "trails");

            migrationBuilder.DropTable(
                name: "version_assets");

            migrationBuilder.DropTable(
                name: "version_readmes");
        }
    }
}
