//! `/deliveries`: updates that are on their way, or that somebody has to look after, of all incidents.

use axum::extract::State;

use super::{PageQuery, Params};
use crate::domain::actor::Access;
use crate::domain::comms::DeliveryState;
use crate::domain::ids::{CommsId, IncidentId};
use crate::domain::role::Slug;
use crate::hub::Hub;
use crate::hub::auth::Caller;
use crate::hub::error::ApiError;
use crate::wire::body::{OpenDelivery, Page};

type Key = (IncidentId, CommsId, Slug);

/// `GET /deliveries`: in order of incident, update and destination.
pub(in crate::hub) async fn list(
    State(hub): State<Hub>,
    caller: Caller,
    Params(query): Params<PageQuery>,
) -> Result<axum::Json<Page<OpenDelivery>>, ApiError> {
    caller.may(Access::Observer)?;
    let after = query.cursor.as_deref().filter(|cursor| !cursor.is_empty()).map(|cursor| {
        parse(cursor).ok_or_else(|| {
            ApiError::malformed("`cursor` is not one that a list gave; begin again without it")
        })
    });
    let after = after.transpose()?;
    let mut open = Vec::new();
    for incident in hub.room.read().incidents.values() {
        for comms in incident.comms.values() {
            for (destination, delivery) in &comms.deliveries {
                if is_open(delivery.state) {
                    open.push(OpenDelivery {
                        incident: incident.id,
                        comms: comms.id,
                        destination: destination.clone(),
                        subject: comms.message.subject.clone(),
                        delivery: delivery.clone(),
                    });
                }
            }
        }
    }
    let is_after = |item: &OpenDelivery, _: &str| {
        after.as_ref().is_none_or(|after| (item.incident, item.comms, item.destination.clone()) > *after)
    };
    let key = |item: &OpenDelivery| format!("{}/{}/{}", item.incident, item.comms, item.destination);
    Ok(axum::Json(query.page(open, key, is_after)))
}

fn is_open(state: DeliveryState) -> bool {
    match state {
        DeliveryState::Pending
        | DeliveryState::Sending
        | DeliveryState::Failed
        | DeliveryState::Uncertain => true,
        DeliveryState::Delivered | DeliveryState::Abandoned => false,
    }
}

fn parse(cursor: &str) -> Option<Key> {
    let mut parts = cursor.splitn(3, '/');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
