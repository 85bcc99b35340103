use std::sync::Arc;
use warroom::hub::{self, clock::*};
use warroom::cli::{room, config::*, args::Look};
use warroom::link::HubUrl;
use warroom::journal;
fn main() {
    let env: std::collections::BTreeMap<String,String> = std::env::vars().collect();
    let rt = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    rt.block_on(async {
        let dir = env.get("SCRATCH").cloned().unwrap_or("/tmp/scratch".into());
        std::fs::create_dir_all(&dir).unwrap();
        let (url, token);
        let down = tokio_util::sync::CancellationToken::new();
        let folders = Folders { config: "/tmp/scratch/config".into(), state: dir.clone().into() };
        if env.contains_key("SERVE") {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:7373").await.unwrap();
            let loc: journal::Location = format!("sqlite:{dir}/journal.db").parse().unwrap();
            let opts = journal::Options { seed: journal::Seed(rand::random()), now: SystemClock.now(), on_loss: journal::OnLoss::Refuse };
            let j = journal::open(&loc, &opts).unwrap();
            let mut settings = hub::Settings::default();
            settings.metrics_listen = None;
            let parts = hub::Parts { journal: j, clock: Arc::new(SystemClock), random: Arc::new(SystemRandom), tokens: hub::auth::TokenSource::Folder(dir.clone().into()), demo: false };
            hub::serve(settings, parts, listener, down).await.unwrap();
            return;
        }
        url = HubUrl::parse("http://127.0.0.1:7373", warroom::link::address::PlainHttp::LoopbackOnly).unwrap();
        token = secrecy::SecretString::from(std::fs::read_to_string(format!("{dir}/token")).unwrap().trim().to_owned());
        let door = room::Door { hub: url, token, name: "shop".into(), kept: Some(format!("{dir}/client").into()) };
        let look = Look::default();
        if let Err(e) = room::open(door, &look, &ClientSettings::default(), &folders, &env).await { eprintln!("{}", e.sentence); }
    });
}
