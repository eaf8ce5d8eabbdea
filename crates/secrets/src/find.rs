//! One secret out of several sources.

use goalpost_model::limits::{MAX_SECRET_BYTES, MIN_SECRET_BYTES};
use goalpost_model::{Secret, SecretReference};

use crate::{SecretError, SecretSource};

/// The secret that the reference stands for, of the first source that has it. One too short to be told from
/// other text, or too long, is invalid.
pub async fn find(
    reference: &SecretReference,
    sources: &[Box<dyn SecretSource>],
) -> Result<Secret, SecretError> {
    for source in sources {
        match source.find(reference).await {
            Err(SecretError::NotFound) => {}
            Ok(secret) if secret.reveal().len() < MIN_SECRET_BYTES => {
                let message = format!(
                    "is shorter than {MIN_SECRET_BYTES} bytes, and could not be told from other text"
                );
                return Err(SecretError::Invalid(message));
            }
            Ok(secret) if secret.reveal().len() > MAX_SECRET_BYTES => {
                return Err(SecretError::Invalid(format!("is longer than {MAX_SECRET_BYTES} bytes")));
            }
            found => return found,
        }
    }
    Err(SecretError::NotFound)
}

#[cfg(test)]
mod tests {
    use goalpost_model::SecretPlace;

    use super::*;
    use crate::Found;

    /// Knows one secret of one place.
    struct One(SecretPlace, &'static str);

    impl SecretSource for One {
        fn find<'a>(&'a self, reference: &'a SecretReference) -> Found<'a> {
            let found = if reference.place() == self.0 {
                Ok(Secret::from(self.1.to_owned()))
            } else {
                Err(SecretError::NotFound)
            };
            Box::pin(std::future::ready(found))
        }
    }

    #[tokio::test]
    async fn sources_are_asked_one_after_the_other() {
        let sources: [Box<dyn SecretSource>; 2] =
            [Box::new(One(SecretPlace::File, "hunter2")), Box::new(One(SecretPlace::Env, "abc"))];
        let find = async |text: &str| find(&text.parse().unwrap(), &sources).await;
        assert_eq!(find("secret://file/a").await, Ok(Secret::from("hunter2".to_owned())));
        assert!(matches!(find("secret://env/A").await, Err(SecretError::Invalid(_))));
        let none: [Box<dyn SecretSource>; 0] = [];
        let reference = "secret://env/A".parse().unwrap();
        assert_eq!(super::find(&reference, &none).await, Err(SecretError::NotFound));
    }
}
