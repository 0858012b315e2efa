use std::time::Duration;

use clap::CommandFactory;
use clap::error::ErrorKind;
use ordersystem_adapter_gateway::{Reply, TestCode};
use ordersystem_application::DeadLetterState;

use super::settings::declared;
use super::*;
use crate::config::Flag;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("ordersystem").chain(line.split_whitespace()))
}

#[track_caller]
fn check(line: &str, expected: Option<Command>) {
    assert_eq!(parse(line).unwrap().command, expected, "{line}");
}

#[test]
fn the_declaration_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn commands() {
    let tail = TailArgs { url: None, topic: None, from_beginning: false, max: None };
    let events = |args| Some(Command::Events(EventsCommand::Tail(args)));
    let config = |command| Some(Command::Config(command));
    check("", None);
    check("--port 9000", None);
    check("serve --port 9000", Some(Command::Serve));
    check("config show", config(ConfigCommand::Show { sources: false }));
    check("config show --sources --port 1", config(ConfigCommand::Show { sources: true }));
    check("config check", config(ConfigCommand::Check));
    check("config example", config(ConfigCommand::Example));
    check("config reference", config(ConfigCommand::Reference));
    let status = |url: Option<&str>, json| {
        let url = url.map(str::to_owned);
        Some(Command::Inventory(InventoryCommand::Status { url, json }))
    };
    check("inventory status", status(None, false));
    check("inventory status --json --url h:1", status(Some("h:1"), true));
    let order = |id, timeline| Some(Command::Order(OrderCommand::Show { id, timeline }));
    check("order show 7", order(7, false));
    check("order show 7 --timeline", order(7, true));
    let migrate = |command| Some(Command::Migrate { command });
    check("migrate", migrate(None));
    check("migrate up", migrate(Some(MigrateCommand::Up)));
    check("migrate status", migrate(Some(MigrateCommand::Status)));
    check("seed", Some(Command::Seed));
    check("doctor", Some(Command::Doctor));
    check("openapi", Some(Command::Openapi { check: None }));
    check("openapi --check f", Some(Command::Openapi { check: Some("f".into()) }));
    check("healthcheck", Some(Command::Healthcheck { url: None }));
    check("healthcheck h:1", Some(Command::Healthcheck { url: Some("h:1".into()) }));
    check("events tail", events(tail));
    check(
        "events tail --url h:1 --topic order-events --from-beginning --max 3",
        events(TailArgs {
            url: Some("h:1".into()),
            topic: Some("order-events".into()),
            from_beginning: true,
            max: Some(3),
        }),
    );
}

#[test]
fn flags_of_settings_go_before_and_after_the_command_and_keep_what_was_written() {
    let named = |flag: &str, path, value: &str| Flag::Named {
        flag: flag.into(),
        path,
        value: value.into(),
    };
    let expected = [
        named("--port", "server.port", "-1"),
        named("--log-level", "logging.level", "loud"),
        named("--ephemeral", "database.url", "sqlite::memory:"),
        Flag::Set("a=b".into()),
        Flag::Set("c".into()),
    ];
    for line in [
        "--port -1 --log-level loud --ephemeral --set a=b --set c serve",
        "serve --set a=b --set c --ephemeral --log-level loud --port -1",
    ] {
        assert_eq!(parse(line).unwrap().settings.flags(), expected, "{line}");
    }
}

#[test]
fn every_flag_of_the_table_can_be_given() {
    for (row, flag) in declared() {
        let cli = parse(&format!("--{flag} x")).unwrap();
        let given = Flag::Named { flag: format!("--{flag}"), path: row.path, value: "x".into() };
        assert_eq!(cli.settings.flags(), [given]);
    }
}

#[test]
fn what_is_no_command_is_refused() {
    let kind = |line: &str| parse(line).expect_err(line).kind();
    assert_eq!(kind("start"), ErrorKind::InvalidSubcommand);
    assert_eq!(kind("order show 0"), ErrorKind::ValueValidation);
    assert_eq!(kind("events tail --max 0"), ErrorKind::ValueValidation);
    assert_eq!(kind("--prot 1"), ErrorKind::UnknownArgument);
    assert_eq!(kind("--help"), ErrorKind::DisplayHelp);
    assert_eq!(kind("--version"), ErrorKind::DisplayVersion);
}

#[test]
fn dead_letters() {
    let dlq = |command| Some(Command::Dlq(command));
    let all = DlqListArgs { topic: None, since: None, state: None, limit: 100, json: false };
    check("dlq list", dlq(DlqCommand::List(all)));
    let some = DlqListArgs {
        topic: Some("order-events".into()),
        since: Some(Duration::from_secs(7_200)),
        state: Some(DeadLetterState::ReplayRequested),
        limit: 5,
        json: true,
    };
    let line = "--topic order-events --since 2h --state replay-requested --limit 5 --json";
    check(&format!("dlq list {line}"), dlq(DlqCommand::List(some)));
    check("dlq show 7 --json", dlq(DlqCommand::Show { id: 7, json: true }));
    let two = SelectionArgs {
        ids: vec![7, 8],
        all: false,
        topic: None,
        since: None,
        dry_run: false,
        yes: false,
    };
    check("dlq replay 7 8", dlq(DlqCommand::Replay(two.clone())));
    check("dlq discard 7 8 --yes", dlq(DlqCommand::Discard(SelectionArgs { yes: true, ..two })));
    let every = SelectionArgs {
        ids: vec![],
        all: true,
        topic: Some("order-events".into()),
        since: Some(Duration::from_secs(86_400)),
        dry_run: true,
        yes: false,
    };
    let line = "--all --topic order-events --since 1d --dry-run";
    check(&format!("dlq replay {line}"), dlq(DlqCommand::Replay(every)));
    check("outbox status --json", Some(Command::Outbox(OutboxCommand::Status { json: true })));
}

#[test]
fn dead_letters_are_chosen_by_number_or_by_condition() {
    let kind = |line: &str| parse(line).expect_err(line).kind();
    for command in ["replay", "discard"] {
        let kind = |selection: &str| kind(&format!("dlq {command} {selection}"));
        assert_eq!(kind(""), ErrorKind::MissingRequiredArgument);
        assert_eq!(kind("--topic t"), ErrorKind::MissingRequiredArgument);
        assert_eq!(kind("--since 1h --yes"), ErrorKind::MissingRequiredArgument);
        assert_eq!(kind("1 --all"), ErrorKind::ArgumentConflict);
        assert_eq!(kind("1 --topic t"), ErrorKind::ArgumentConflict);
        assert_eq!(kind("1 --since 1h"), ErrorKind::ArgumentConflict);
        assert_eq!(kind("0"), ErrorKind::ValueValidation);
    }
    assert_eq!(kind("dlq list --limit 0"), ErrorKind::ValueValidation);
    assert_eq!(kind("dlq list --state lost"), ErrorKind::ValueValidation);
    assert_eq!(kind("dlq list --since soon"), ErrorKind::ValueValidation);
}

#[test]
fn a_pretend_gateway() {
    let fakepg = |args| Some(Command::FakePg(args));
    let quiet = FakePgArgs {
        webhook_url: None,
        webhook_secret: None,
        webhook_shuffle_ms: 0,
        webhook_delay_ms: 0,
        webhook_duplicates: 0,
        secret_key: None,
        delay_ms: 0,
        hang_ms: 30_000,
        test_code: None,
        refund_replies: vec![],
    };
    check("fakepg --port 0", fakepg(quiet));
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let loud = FakePgArgs {
        webhook_url: Some("h:1".into()),
        webhook_secret: secret.parse().ok(),
        webhook_shuffle_ms: 1,
        webhook_delay_ms: 2,
        webhook_duplicates: 3,
        secret_key: Some("sk".into()),
        delay_ms: 4,
        hang_ms: 5,
        test_code: Some(TestCode::NeverDecide),
        refund_replies: vec![Reply::Lost, Reply::NoService],
    };
    let webhooks = format!("--webhook-url h:1 --webhook-secret {secret} --webhook-shuffle-ms 1");
    let more = "--webhook-delay-ms 2 --webhook-duplicates 3 --secret-key sk --delay-ms 4";
    let codes = "--hang-ms 5 --test-code NEVER_DECIDE --refund-replies lost,no-service";
    check(&format!("fakepg {webhooks} {more} {codes}"), fakepg(loud));
}
