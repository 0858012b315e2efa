use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// An address that is known before anything is behind it: two programs that call each other can both be told first.
pub(crate) struct Door {
    url: String,
    behind: Arc<Mutex<Option<String>>>,
}

impl Door {
    /// Until it [leads](Self::lead_to) somewhere, who comes is sent away.
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let behind = Arc::<Mutex<Option<String>>>::default();
        let target = behind.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let target = target.lock().unwrap().clone();
                if let Some(inner) = target.and_then(|address| TcpStream::connect(address).ok()) {
                    join(&stream, &inner);
                }
            }
        });
        Self { url, behind }
    }

    /// `http://127.0.0.1:…`
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on, to the server at this address.
    pub(crate) fn lead_to(&self, url: &str) {
        let address = url.trim_start_matches("http://").to_owned();
        *self.behind.lock().unwrap() = Some(address);
    }
}

fn join(one: &TcpStream, other: &TcpStream) {
    for (from, to) in [(one, other), (other, one)] {
        let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        thread::spawn(move || {
            drop(io::copy(&mut from, &mut to));
            drop(to.shutdown(Shutdown::Write));
        });
    }
}
