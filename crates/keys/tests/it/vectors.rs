//! Code and vectors agree. The vectors were computed by other people's primitives (`tests/interop/age-npm/vectors.mjs`).

use keys::{
    ChainKey, Cost, CustodianSigningKey, HeaderKeys, Passphrase, PieceFacts, PieceMacKey, PieceTag,
    ReplyIdentity, ReplySecret, Salt, Signature, SlotGeneration, StateKey, VaultKey, VeilKeys,
    labels, vault,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../vectors/keys.json")).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn bytes(value: &Value, name: &str) -> Vec<u8> {
    hex::decode(text(value, name)).unwrap()
}

fn array<const N: usize>(value: &Value, name: &str) -> [u8; N] {
    bytes(value, name).try_into().unwrap()
}

fn number<T: TryFrom<u64>>(value: &Value, name: &str) -> T {
    T::try_from(value[name].as_u64().unwrap()).ok().unwrap()
}

#[test]
fn every_label_has_its_vector() {
    let vector = &vectors()["derivations"];
    let outputs = vector["outputs"].as_array().unwrap();
    let covered: Vec<&str> = outputs.iter().map(|output| text(output, "label")).collect();
    assert_eq!(covered, labels::ALL);
    for output in outputs {
        let derived = labels::derive(&array(vector, "key"), text(output, "label"));
        assert_eq!(*derived, array(output, "output"), "{output}");
    }
}

#[test]
fn the_chain_and_its_epochs() {
    let all = vectors();
    let listed = all["chain"].as_array().unwrap();
    let mut link = ChainKey::from_bytes(array(&listed[0], "link"));
    let mut at = 0;
    for vector in listed {
        let epoch: u32 = number(vector, "epoch");
        while at < epoch {
            link = link.advance();
            at += 1;
        }
        assert_eq!(link.expose_bytes(), &array::<32>(vector, "link"));
        let keys = link.epoch_keys();
        let (head, body) = keys.veil.expose_bytes();
        assert_eq!(head, &array::<32>(vector, "veil_head"));
        assert_eq!(body, &array::<32>(vector, "veil_body"));
        assert_eq!(keys.mac.expose_bytes(), &array::<32>(vector, "piece_mac"));
    }
}

#[test]
fn a_veiled_cell_byte_for_byte() {
    let vector = &vectors()["veil"];
    let keys = VeilKeys::from_bytes(array(vector, "head"), array(vector, "body"));
    let mut shard = Box::new([0; keys::SHARD_LEN]);
    for (i, byte) in shard.iter_mut().enumerate() {
        *byte = u8::try_from((i * 7 + 3) % 256).unwrap();
    }
    let mut cell = Box::new([0; keys::CELL_LEN]);
    keys.seal(
        &array(vector, "nonce"),
        &array(vector, "header"),
        &shard,
        &mut cell,
    );
    assert_eq!(cell[..128], bytes(vector, "first_128"));
    assert_eq!(cell[keys::CELL_LEN - 32..], bytes(vector, "last_32"));
    assert_eq!(
        Sha256::digest(cell.as_slice()).as_slice(),
        bytes(vector, "cell_sha256")
    );
    assert_eq!(keys.open_header(&cell).unwrap(), array(vector, "header"));
    let mut opened = Box::new([0; keys::SHARD_LEN]);
    keys.open_body(&cell, &mut opened).unwrap();
    assert_eq!(opened, shard);
}

#[test]
fn piece_tags() {
    for vector in vectors()["mac"].as_array().unwrap() {
        let facts = PieceFacts {
            version: number(vector, "version"),
            kit: array(vector, "kit"),
            dispatch: array(vector, "dispatch"),
            piece: number(vector, "piece"),
            last: vector["last"].as_bool().unwrap(),
            k: number(vector, "k"),
            length: number(vector, "length"),
            digest: array(vector, "digest"),
        };
        assert_eq!(facts.canonical().as_slice(), bytes(vector, "canonical"));
        let key = PieceMacKey::from_bytes(array(vector, "key"));
        assert_eq!(key.tag(&facts), PieceTag(array(vector, "tag")));
    }
}

#[test]
fn reply_keys() {
    let vector = &vectors()["reply"];
    let secret = ReplySecret::from_bytes(array(vector, "secret"));
    assert_eq!(secret.mailbox().0, array(vector, "mailbox"));
    assert_eq!(secret.mailbox().to_string(), text(vector, "mailbox"));
    let veil = secret.veil();
    let (head, body) = veil.expose_bytes();
    assert_eq!(head, &array::<32>(vector, "veil_head"));
    assert_eq!(body, &array::<32>(vector, "veil_body"));
    let recipient = ReplyIdentity::from_bytes(array(vector, "identity")).recipient();
    assert_eq!(recipient.as_bytes(), &array::<32>(vector, "recipient"));
    assert_eq!(recipient.to_string(), text(vector, "recipient_text"));
    assert_eq!(text(vector, "recipient_text").parse(), Ok(recipient));
}

#[test]
fn passphrase_to_header_and_on_to_slots_and_state() {
    let vector = &vectors()["vault"];
    let typed = Passphrase::new(text(vector, "typed"));
    assert_eq!(typed.canonical().as_str(), text(vector, "canonical"));
    let (ordered, exchanged) = typed.ordered();
    assert_eq!(
        (ordered.as_str(), exchanged),
        (text(vector, "ordered"), true)
    );
    let cost = &vector["cost"];
    let cost = Cost::new(
        number(cost, "memory_kib"),
        number(cost, "passes"),
        number(cost, "lanes"),
    );
    let salt = Salt(array(vector, "salt"));
    let keys = HeaderKeys::derive(&typed, &salt, cost.unwrap()).unwrap();
    for (at, second) in [(0, false), (1, true)] {
        let expected = hex::decode(vector["header_keys"][at].as_str().unwrap()).unwrap();
        assert_eq!(keys.at(second).expose_bytes().as_slice(), expected);
    }
    let generation = SlotGeneration::from_bytes(array(vector, "generation"));
    let slot = VaultKey::from_bytes(array(vector, "vault_key")).slot_key(&generation);
    assert_eq!(slot.expose_bytes(), &array::<32>(vector, "slot_key"));
    let state = StateKey::from_bytes(array(vector, "state_key"));
    let (place, nonce) = (bytes(vector, "place"), array(vector, "nonce"));
    let plain = bytes(vector, "text");
    let blank = [&[0; 24][..], &plain, &[0; 16]].concat();
    let mut boxes = [blank.clone(), blank.clone(), blank];
    keys.at(true).seal(&place, &nonce, &mut boxes[0]);
    slot.seal(&place, &nonce, &mut boxes[1]);
    state.seal(&place, &nonce, &mut boxes[2]);
    assert_eq!(boxes[0], bytes(vector, "in_header"));
    assert_eq!(boxes[1], bytes(vector, "in_slot"));
    assert_eq!(boxes[2], bytes(vector, "in_state"));
    keys.at(true).open(&place, &mut boxes[0]).unwrap();
    slot.open(&place, &mut boxes[1]).unwrap();
    state.open(&place, &mut boxes[2]).unwrap();
    for opened in boxes {
        assert_eq!(opened[vault::TEXT_AT..][..plain.len()], plain);
    }
}

#[test]
fn custodian_signatures() {
    let vector = &vectors()["signing"];
    let key = CustodianSigningKey::from_bytes(&array(vector, "seed"));
    assert_eq!(
        key.verifying_key().as_bytes(),
        &array::<32>(vector, "verifying")
    );
    let signed = key.sign(&bytes(vector, "message"));
    assert_eq!(signed, Signature(array(vector, "signature")));
    assert_eq!(
        key.verifying_key()
            .verify(&bytes(vector, "message"), &signed),
        Ok(())
    );
}
