//! One suite, two engines: every scenario runs on SQLCipher and on PostgreSQL.
//!
//! On SQLCipher each is a test of its own; on PostgreSQL they share one cluster, each in a database of its own.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "scenarios and their helpers are tests, which clippy does not see"
)]

#[path = "suite/accounts.rs"]
mod accounts;
#[path = "suite/arrival.rs"]
mod arrival;
#[path = "suite/concurrency.rs"]
mod concurrency;
#[path = "suite/double.rs"]
mod double;
#[path = "suite/epochs.rs"]
mod epochs;
#[path = "suite/files.rs"]
mod files;
#[path = "suite/flash.rs"]
mod flash;
#[path = "suite/held.rs"]
mod held;
#[path = "suite/items.rs"]
mod items;
#[path = "suite/jobs.rs"]
mod jobs;
#[path = "suite/letters.rs"]
mod letters;
#[path = "suite/offers.rs"]
mod offers;
#[path = "suite/outbox.rs"]
mod outbox;
#[path = "suite/reach.rs"]
mod reach;
#[path = "suite/rekeying.rs"]
mod rekeying;
#[path = "suite/replies.rs"]
mod replies;
#[path = "suite/risks.rs"]
mod risks;
#[path = "suite/schedule.rs"]
mod schedule;
#[path = "suite/secrecy.rs"]
mod secrecy;
#[path = "suite/sources.rs"]
mod sources;
#[path = "suite/stories.rs"]
mod stories;
#[path = "suite/vaults.rs"]
mod vaults;
#[path = "suite/world.rs"]
mod world;

use std::panic::AssertUnwindSafe;
use store::testing::Postgres;
use world::World;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap()
}

/// The whole count, on the engine that a newsroom begins with.
#[test]
fn no_embargo_of_a_thousand_is_broken_by_clocks_or_restarts() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let world = World::on_sqlcipher(folder.path()).await;
        schedule::of_so_many_none_is_broken(world, 1_000).await;
    });
}

macro_rules! suite {
    ($($module:ident::$scenario:ident),+ $(,)?) => {
        mod sqlcipher {
            $(
                #[test]
                fn $scenario() {
                    let folder = tempfile::tempdir().unwrap();
                    crate::runtime().block_on(async {
                        crate::$module::$scenario(crate::World::on_sqlcipher(folder.path()).await).await;
                    });
                    store::testing::connections_have_ended();
                }
            )+
        }

        #[test]
        fn postgres_runs_the_same_suite() {
            let cluster = Postgres::start().unwrap_or_else(|error| panic!("{error}"));
            let runtime = runtime();
            let mut failed = Vec::new();
            $(
                let scenario = AssertUnwindSafe(|| runtime.block_on(async {
                    $module::$scenario(World::on_postgres(&cluster).await).await;
                }));
                if std::panic::catch_unwind(scenario).is_err() {
                    failed.push(stringify!($scenario));
                }
            )+
            assert!(failed.is_empty(), "on PostgreSQL these failed: {failed:?}");
        }
    };
}

suite! {
    accounts::an_editor_enrols_once_and_signs_in,
    accounts::guessing_is_slowed_down_across_restarts,
    accounts::closing_an_account_ends_its_sessions,
    accounts::names_are_unique_whatever_their_case,
    arrival::cells_gather_until_a_piece_is_ready,
    arrival::contradicting_cells_are_set_apart,
    arrival::a_mixed_stretch_is_recorded_like_single_cells,
    arrival::a_second_authentic_piece_of_one_number_is_set_apart,
    arrival::the_spool_cursor_moves_with_the_index,
    arrival::a_failed_decoding_waits_for_more,
    arrival::kits_and_their_tokens,
    epochs::a_fresh_chain_is_kept_beside_the_kits_own,
    epochs::epochs_close_on_a_settled_word,
    epochs::a_word_out_of_reach_closes_nothing,
    epochs::a_captured_kit_is_cut_off,
    vaults::another_vault_is_recognised_for_good,
    vaults::a_claimed_epoch_makes_no_vault_hers,
    vaults::vaults_are_answered_apart,
    vaults::the_vault_used_first_is_hers_whatever_came_first,
    offers::the_first_device_gets_the_kit_and_a_second_is_seen,
    replies::a_pair_is_spent_once,
    replies::puts_are_retried_until_taken,
    sources::messages_use_one_pair_each_and_never_the_last_unasked,
    sources::receipts_and_messages_share_the_outbox_and_not_the_list,
    sources::sources_are_apart_and_looks_are_entered,
    sources::silence_is_noticed,
    risks::a_mark_stays_and_holds_its_stories,
    risks::a_drill_shows_its_plan_and_then_cuts_off,
    risks::tokens_of_a_captured_kit_are_taken_back_once,
    held::what_is_announced_is_chosen_and_told_once,
    held::those_that_cannot_be_told_do_not_stand_before_others,
    held::what_is_held_back_is_entered_when_it_comes,
    rekeying::the_record_goes_over_to_new_keys_whole,
    rekeying::a_desk_that_connects_again_goes_on_under_no_old_keys,
    rekeying::a_damaged_value_stops_a_re_keying_and_nothing_changes,
    items::a_dispatch_is_entered_once,
    items::loose_pieces_give_way_to_whole_items,
    items::examination_and_scrub_follow_the_rules,
    items::custody_is_a_chain_that_shows_tampering,
    stories::g08_nothing_goes_out_without_two_different_people,
    stories::an_edit_voids_approvals,
    stories::negative_10_a_clearance_changed_by_one_byte_is_not_signed_and_not_published,
    stories::publishing_fixes_salts_and_goes_live_once,
    stories::a_closed_account_no_longer_approves,
    stories::slugs_are_unique,
    flash::g08_a_flash_goes_out_with_its_second_approval,
    flash::what_is_no_flash_keeps_to_the_long_way,
    schedule::a_cleared_version_goes_out_at_its_moment_and_an_edit_stops_it,
    schedule::g08_what_lost_an_approver_meanwhile_does_not_go_out,
    schedule::no_embargo_is_broken,
    outbox::g11_a_story_is_told_once_in_each_channel,
    outbox::g08_what_nobody_approved_for_a_channel_is_not_told_there,
    outbox::g11_a_crash_while_sending_is_never_ready,
    outbox::a_thread_that_was_seen_to_stand_goes_on_from_there,
    outbox::new_credentials_and_another_try_end_a_pause,
    outbox::a_correction_and_a_withdrawal_follow_what_stands,
    outbox::nothing_old_goes_out_after_its_withdrawal,
    outbox::what_is_under_way_at_a_withdrawal_is_looked_for_and_not_sent,
    outbox::a_stopped_channel_waits_and_a_closed_one_forgets,
    outbox::what_a_platform_asks_for_is_kept_to,
    outbox::one_channel_holds_up_no_other_and_has_one_attempt_at_a_time,
    letters::a_mailing_goes_on_after_a_crash_and_sends_nothing_twice,
    letters::who_left_is_never_written_to_again,
    reach::counts_are_added_once_for_each_batch,
    reach::platforms_are_asked_after_what_stands_once_a_day,
    jobs::a_job_is_claimed_once_and_survives_its_worker,
    jobs::a_job_that_keeps_failing_is_given_up,
    jobs::a_given_up_scrub_leaves_nobody_waiting,
    jobs::many_workers_claim_every_job_once,
    concurrency::of_identical_approvals_exactly_one_wins,
    concurrency::an_approval_never_survives_a_simultaneous_edit,
    concurrency::simultaneous_edits_lose_nothing,
    concurrency::an_audit_chain_cannot_fork,
    concurrency::of_identical_beginnings_one_wins_and_the_rest_are_refused,
    concurrency::a_publication_is_decided_once,
    secrecy::sealed_columns_open_only_with_the_right_keys,
    secrecy::no_canary_is_on_the_disk,
    secrecy::nothing_secret_is_logged,
    secrecy::an_edited_or_unknown_migration_is_refused,
    secrecy::desks_that_start_together_migrate_once,
}
