use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const AT: &str = "1614265330";
const BODY: &[u8] = br#"{"test": 2432232314}"#;
/// Made by another implementation, as are all signatures in this file.
const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const SIGNED_OTHER: &str = "v1,LZ5zuwHTqQH3VM8ERUusjzVQq1FXzemvpR8Mk7Ivp5c=";
const NOW: i64 = 1_614_265_330;

fn secret(text: &str) -> WebhookSecret {
    text.parse().unwrap()
}

#[track_caller]
fn check(
    secrets: &[&str],
    (id, timestamp, signature, body): (&str, &str, &str, &[u8]),
    now: i64,
    expected: Result<(), Unbelieved>,
) {
    let secrets: Vec<_> = secrets.iter().map(|text| secret(text)).collect();
    let message = Message {
        id: id.as_bytes(),
        timestamp: timestamp.as_bytes(),
        signature: signature.as_bytes(),
        body,
    };
    assert_eq!(verify(&secrets, &message, Timestamp::from_micros(now * 1_000_000)), expected);
}

#[test]
fn believes_what_is_signed() {
    let long = "x".repeat(255);
    let large = vec![b'x'; 100_000];
    let messages: [(&str, &str, &[u8]); 6] = [
        (ID, SIGNED, BODY),
        (ID, "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A=", b""),
        ("a", "v1,ZNCqrS3/tSOr+QXjB3VhdTEXfxaOOoW1PrlfeL9px08=", "원".as_bytes()),
        (ID, "v1,7d5MEYvMzRo7QtRI7kAIfU1ddCXTXLTvlRf0VGOblsU=", b"\x00\xff\r\n"),
        (&long, "v1,XnehsvP2d+CDLrn0web63RvdIBeeXMmdTbGj1TtZXes=", b"{}"),
        (ID, "v1,27vi/6vX9T12rTtNmYjhiHxQoBMsLHw/tVt42eQlwdg=", &large),
    ];
    for (id, signature, body) in messages {
        check(&[SECRET], (id, AT, signature, body), NOW, Ok(()));
        assert_eq!(sign(&secret(SECRET), id, NOW, body), signature);
    }
}

#[test]
fn a_key_is_replaced_without_a_pause() {
    check(&[OTHER, SECRET], (ID, AT, SIGNED, BODY), NOW, Ok(()));
    check(&[OTHER, SECRET], (ID, AT, SIGNED_OTHER, BODY), NOW, Ok(()));
    check(&[OTHER], (ID, AT, SIGNED, BODY), NOW, Err(Unbelieved::Signature));
    check(&[], (ID, AT, SIGNED, BODY), NOW, Err(Unbelieved::Signature));
    for both in [format!("{SIGNED} {SIGNED_OTHER}"), format!("v2,??? v1a,xx {SIGNED_OTHER}")] {
        check(&[OTHER], (ID, AT, &both, BODY), NOW, Ok(()));
    }
}

#[test]
fn five_minutes_either_way() {
    for (offset, expected) in [
        (300, Ok(())),
        (-300, Ok(())),
        (301, Err(Unbelieved::Untimely)),
        (-301, Err(Unbelieved::Untimely)),
        (-NOW, Err(Unbelieved::Untimely)),
    ] {
        check(&[SECRET], (ID, AT, SIGNED, BODY), NOW + offset, expected);
    }
}

#[test]
fn refuses_everything_else() {
    use Unbelieved::{Id, Signature, Timestamp, Untimely};
    let many = format!("{}{SIGNED}", "v1,AAAA ".repeat(16));
    let long = "x".repeat(256);
    let cases: [(&str, &str, &str, Unbelieved); 17] = [
        ("", AT, SIGNED, Id),
        (&long, AT, SIGNED, Id),
        ("msg.1", AT, SIGNED, Id),
        ("msg 1", AT, SIGNED, Id),
        ("메시지", AT, SIGNED, Id),
        (ID, "", SIGNED, Timestamp),
        (ID, "+1614265330", SIGNED, Timestamp),
        (ID, "1614265330.0", SIGNED, Timestamp),
        (ID, "99999999999999999999", SIGNED, Timestamp),
        (ID, "18446744073709551615", SIGNED, Untimely),
        // The same moment, but not what was signed.
        (ID, "01614265330", SIGNED, Signature),
        (ID, AT, "", Signature),
        (ID, AT, SIGNED.trim_start_matches("v1,"), Signature),
        (ID, AT, "v1,", Signature),
        // The start of the right one.
        (ID, AT, "v1,g0hM9SsE+OTPJTGt/tmIKg==", Signature),
        (ID, AT, "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", Signature),
        (ID, AT, &many, Signature),
    ];
    for (id, timestamp, signature, expected) in cases {
        check(&[SECRET], (id, timestamp, signature, BODY), NOW, Err(expected));
    }
    check(&[SECRET], (ID, AT, SIGNED, b"{\"test\":2432232314}"), NOW, Err(Signature));
}

/// Each of the 840 bits of a message alone, and twelve others with each.
#[test]
fn no_bit_can_be_flipped() {
    let parts = [ID.as_bytes(), AT.as_bytes(), SIGNED.as_bytes(), BODY];
    let bits: usize = parts.iter().map(|part| part.len() * 8).sum();
    let singles = (0..bits).map(|bit| (bit, bit));
    let pairs =
        (0..bits).flat_map(|bit| (1..=12).map(move |step| (bit, (bit + step * 157) % bits)));
    let mut tried = 0;
    for (first, second) in singles.chain(pairs) {
        let mut flipped = parts.map(<[u8]>::to_vec);
        flip(&mut flipped, first);
        if second != first {
            flip(&mut flipped, second);
        }
        let [id, timestamp, signature, body] = &flipped;
        let message = Message { id, timestamp, signature, body };
        let now = Timestamp::from_micros(NOW * 1_000_000);
        assert!(verify(&[secret(SECRET)], &message, now).is_err(), "{first} {second}");
        tried += 1;
    }
    assert!(tried > 10_000, "{tried}");
}

fn flip(parts: &mut [Vec<u8>; 4], mut bit: usize) {
    for part in parts {
        if bit < part.len() * 8 {
            part[bit / 8] ^= 1 << (bit % 8);
            return;
        }
        bit -= part.len() * 8;
    }
}

#[test]
fn a_secret_is_of_the_right_size_and_never_shown() {
    for wrong in [
        "",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_",
        // 18 bytes.
        "whsec_plJ3nmyCDGBKInavdOK15jsl",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!",
        "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ] {
        assert_eq!(wrong.parse::<WebhookSecret>(), Err(InvalidSecret), "{wrong}");
    }
    let too_long = format!("whsec_{}", STANDARD.encode([7; 65]));
    assert_eq!(too_long.parse::<WebhookSecret>(), Err(InvalidSecret));
    assert_eq!(format!("{:?}", secret(SECRET)), "WebhookSecret(***)");
}
