//! A locked desk receives and answers no one; locking again closes everything.

use std::time::Duration;

use desk::desk::{Desk, DeskError, DispatchState, LockState, UnlockRefusal};
use keys::Passphrase;
use tokio_util::sync::CancellationToken;

use crate::photo;
use crate::world::{World, until};

#[test]
fn while_locked_cells_come_in_and_nothing_goes_out() {
    let world = World::new(21);
    let mut reporter = world.reporter();
    reporter.add(&[("a.jpg".into(), photo::jpeg(2))], "");
    reporter.send();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = Desk::start(world.options(), CancellationToken::new()).unwrap();
        spooled(&world).await;
        assert_eq!(reporter.receive(), (0, 0), "a locked desk answers no one");
        refusals(&desk, &world).await;
        world.unlock(&desk).await;
        until(&desk, |inbox| {
            inbox
                .dispatches
                .iter()
                .any(|one| one.state == DispatchState::Complete)
        })
        .await;

        desk.lock().await;
        assert!(matches!(desk.lock_state().await, LockState::Locked { .. }));
        assert!(matches!(desk.inbox().await, Err(DeskError::Locked(_))));
        assert!(desk.store().is_err());
        world.unlock(&desk).await;
        assert_eq!(desk.inbox().await.unwrap().dispatches.len(), 1);
        desk.stop().await;
    });
}

async fn refusals(desk: &Desk, world: &World) {
    let wrong = desk
        .enter_share("Amal", Passphrase::new("no"))
        .await
        .unwrap_err();
    assert!(matches!(wrong, UnlockRefusal::WrongPassphrase { name } if name == "Amal"));
    let nobody = desk
        .enter_share("Eve", Passphrase::new("no"))
        .await
        .unwrap_err();
    assert!(matches!(nobody, UnlockRefusal::UnknownCustodian { .. }));
    let state = desk
        .enter_share("Amal", world.passphrase("Amal"))
        .await
        .unwrap();
    assert!(matches!(state, LockState::Locked { entered, .. } if entered == ["Amal"]));
    desk.lock().await;
    assert!(
        matches!(desk.lock_state().await, LockState::Locked { entered, .. } if entered.is_empty()),
        "locking forgets shares"
    );
}

/// Waits until the spool holds something.
async fn spooled(world: &World) {
    let spool = world.folder().spool();
    for _ in 0..600 {
        let files = std::fs::read_dir(&spool).into_iter().flatten().flatten();
        let bytes: u64 = files
            .filter_map(|file| Some(file.metadata().ok()?.len()))
            .sum();
        if bytes >= 65_536 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing was pulled");
}
