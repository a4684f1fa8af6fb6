//! Scenarios of opening a connection, and of being refused.

use std::sync::Arc;

use lapin::uri::AMQPUri;

use crate::harness::{Context, Outcome, Skip};
use crate::link::{assert_refused, ready};

pub async fn default_vhost(t: Arc<Context>) -> Outcome {
    connects_to_root(&t, &t.url).await
}

pub async fn encoded_vhost(t: Arc<Context>) -> Outcome {
    connects_to_root(&t, &format!("{}/%2F", t.url)).await
}

pub async fn missing_vhost(t: Arc<Context>) -> Outcome {
    let refused = t.connect_to(&format!("{}/no-such-vhost", t.url)).await;
    assert_refused(refused, "NOT_ALLOWED - vhost no-such-vhost not found");
    Ok(())
}

pub async fn wrong_password(t: Arc<Context>) -> Outcome {
    let mut uri = t.url.parse::<AMQPUri>()?;
    uri.authority.userinfo.password = "wrong".to_owned();
    let expected = "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. \
                    For details see the broker logfile.";
    assert_refused(t.connect_with(uri, Default::default()).await, expected);
    Ok(())
}

pub async fn server_properties(_: Arc<Context>) -> Outcome {
    Err(Skip("the client does not show them").into())
}

/// Connects and does one round trip, where the error text shows which vhost it is.
async fn connects_to_root(t: &Context, url: &str) -> Outcome {
    let channel = t.connect_to(url).await?.create_channel().await?;
    assert_refused(ready(&channel, &t.name).await, "in vhost '/'");
    Ok(())
}
